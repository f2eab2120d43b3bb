import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The page and the API have one origin, so no CORS is needed. A page of another origin works when the server is
// started with `--allow-origin`.
const proxy = { "/graphql": process.env.SHOP_URL ?? "http://127.0.0.1:8000" };

// What a real web server should send with the page: only its own scripts run, so only they can see the token. Avatars
// may come from anywhere.
const headers = {
  "Content-Security-Policy":
    "default-src 'self'; img-src http: https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

export default defineConfig({
  plugins: [react()],
  server: { proxy },
  preview: { proxy, headers },
});

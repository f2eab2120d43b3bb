import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";
import { licenses } from "./licenses.js";

export default defineConfig({
  build: {
    // A `data:` URL would need an exception in the Content-Security-Policy.
    assetsInlineLimit: 0,
    // Monaco is one large piece by nature; a warning at every build would teach to overlook warnings.
    chunkSizeWarningLimit: 4096,
    reportCompressedSize: false,
    rollupOptions: { input: ["index.html", "docs.html"], onLog: withoutUseClient },
  },
  esbuild: { jsx: "automatic" },
  // The server replaces this word by a fresh nonce in every answer.
  html: { cspNonce: "CSP_NONCE" },
  plugins: [licenses(), gzip()],
  worker: { format: "es" },
});

// The server embeds the compressed files and answers with them as they are. Read back from the disk: later hooks
// of Vite's own still change what `generateBundle` shows.
function gzip() {
  return {
    name: "gzip",
    writeBundle({ dir }, bundle) {
      for (const file of Object.keys(bundle).map((name) => join(dir, name))) {
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
      }
    },
  };
}

// Libraries mark their files with "use client" for server-side frameworks: of no use here, thirty warnings a build.
function withoutUseClient(level, log, print) {
  if (log.code !== "MODULE_LEVEL_DIRECTIVE") print(level, log);
}

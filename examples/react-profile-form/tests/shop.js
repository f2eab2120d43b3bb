// A shop of its own for the tests, and the built form before it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { preview } from "vite";

const program = process.env.TEST_PROGRAM;
if (!program) throw new Error("TEST_PROGRAM must name the shop-profile binary");

/** Starts `serve --demo` and the form; a customer may send so many updates in a minute, 0 is no limit. */
export async function openShop(updates = 0) {
  const options = ["--log", "warn", "--languages", "en,fa", "--rate-limit-updates", `${updates}`];
  const words = ["serve", "--demo", "--listen", "127.0.0.1:0", ...options];
  const server = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const printed = async (pattern) => {
    for (;;) {
      const { done, value } = await lines.next();
      if (done) throw new Error(`the server ended without printing ${pattern}`);
      const [match] = pattern.exec(value) ?? [];
      if (match) return match;
    }
  };
  const url = await printed(/http:\S+/);
  const token = await printed(/shp_\w+/);

  process.env.SHOP_URL = url;
  const root = fileURLToPath(new URL("..", import.meta.url));
  const form = await preview({ root, logLevel: "warn", preview: { host: "127.0.0.1", port: 0 } });

  const send = async (method, body) => {
    const headers = { Authorization: `Token ${token}`, "Content-Type": "application/json" };
    const response = await fetch(`${url}/api/shop/customers/me`, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
  return {
    token,
    address: form.resolvedUrls.local[0],
    /** The profile by REST, as a second client of the customer sees and changes it. */
    read: () => send("GET"),
    update: (changes) => send("PATCH", changes),
    async close() {
      await form.close();
      const exited = once(server, "exit");
      server.kill();
      await exited;
    },
  };
}

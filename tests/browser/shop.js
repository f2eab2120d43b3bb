// The real server on a database of its own, with one customer.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const binary = process.env.TEST_PROGRAM ?? fileURLToPath(new URL("../../target/debug/shop-profile", import.meta.url));

/** Starts a shop whose customer is called "sara" and holds the API token `token`. */
export async function openShop(options = []) {
  const folder = await mkdtemp(join(tmpdir(), "shop-profile-"));
  const env = { ...process.env, DATABASE_URL: `sqlite://${folder}/shop.db` };
  const run = async (...words) => (await promisify(execFile)(binary, words, { env })).stdout.trim();
  await run("migrate");
  await run("customer", "add", "--username", "sara");
  const token = await run("token", "issue", "sara");
  const server = await serve(options, env);

  return {
    token,
    origin: server.origin,
    /** The customer as REST shows it, straight from the database. */
    async customer() {
      const headers = { authorization: `Token ${token}` };
      return (await fetch(`${server.origin}/api/shop/customers/me`, { headers })).json();
    },
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Starts `serve --demo`; `address` is the one it prints for a page, token and all. */
export async function openDemo(page = "graphiql") {
  const server = await serve(["--demo"], process.env);
  const address = await server.printed(new RegExp(`\\S+/${page}#token=\\S+`));
  return { ...server, address };
}

async function serve(options, env) {
  const unlimited = ["updates", "reads", "failed-tokens"].flatMap((policy) => [`--rate-limit-${policy}`, "0"]);
  const words = ["serve", "--listen", "127.0.0.1:0", ...unlimited, ...options];
  const server = spawn(binary, words, { env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(server, "exit");
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();

  const printed = async (pattern) => {
    for (;;) {
      const { done, value } = await lines.next();
      if (done) throw new Error(`the server ended without printing ${pattern}`);
      const match = pattern.exec(value);
      if (match) return match[0];
    }
  };
  const close = async () => {
    server.kill();
    await exited;
  };
  return { origin: await printed(/http:\S+/), printed, close };
}

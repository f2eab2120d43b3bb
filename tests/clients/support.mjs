// What every test file here shares: the server under test, and a record of what went over the wire.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** Runs a program to its end and gives what it printed; a failing one throws, with its standard error in the message. */
export async function run(program, args, input = "") {
  const running = promisify(execFile)(program, args);
  running.child.stdin.end(input);
  return running;
}

const NO_RATE_LIMITS = ["updates", "reads", "failed-tokens"].flatMap((policy) => [`--rate-limit-${policy}`, "0"]);

/** A server on a port and a database of its own, with one customer, sara, and her API token. */
export async function startServer(rateLimits = NO_RATE_LIMITS) {
  const program = process.env.TEST_PROGRAM;
  assert.ok(program, "TEST_PROGRAM must name the shop-profile binary");
  const folder = await mkdtemp(join(tmpdir(), "shop-profile-clients-"));
  const database = ["--database-url", `sqlite://${folder}/shop.db`];
  const command = async (...args) => (await run(program, [...args, ...database])).stdout.trim();

  await command("migrate");
  await command("customer", "add", "--username", "sara");
  const token = await command("token", "issue", "sara");
  const server = spawn(program, ["serve", "--listen", "127.0.0.1:0", ...rateLimits, ...database], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(server, "exit");
  // A test run that is cut short must not leave the server behind.
  process.once("exit", () => server.kill("SIGKILL"));
  const origin = await listening(server);

  return {
    token,
    pid: server.pid,
    address: new URL(origin),
    graphql: `${origin}/graphql`,
    profile: customerOverRest(origin, token),
    async stop() {
      server.kill("SIGTERM");
      assert.deepEqual(await ended, [0, null], "an orderly stop");
      await rm(folder, { recursive: true });
    },
  };
}

/** The address in the line that the server prints once it accepts connections. */
function listening(server) {
  return new Promise((resolve, reject) => {
    createInterface({ input: server.stdout }).on("line", (line) => {
      const [, origin] = /^listening on (http:\S+)$/.exec(line) ?? [];
      if (origin) resolve(origin);
    });
    server.once("exit", (code, signal) => reject(new Error(`the server ended (${code ?? signal}) before it listened`)));
  });
}

/** Sets and reads the customer through the other API, so that no client is its own witness. */
function customerOverRest(origin, token) {
  const call = async (method, body) => {
    const response = await fetch(`${origin}/api/shop/customers/me`, {
      method,
      headers: { authorization: `Token ${token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    assert.equal(response.status, 200, `${method}: ${await response.clone().text()}`);
    return response.json();
  };
  return { read: () => call("GET"), store: (patch) => call("PATCH", patch) };
}

/** A `fetch` for clients that take one, which tells `record` of each exchange. */
export const recordingFetch = (record) => async (url, options) => {
  const response = await fetch(url, options);
  record({
    text: Boolean(options.body ? JSON.parse(options.body).query : new URL(url).searchParams.get("query")),
    status: response.status,
    type: response.headers.get("content-type"),
    challenge: response.headers.get("www-authenticate") ?? "",
  });
  return response;
};

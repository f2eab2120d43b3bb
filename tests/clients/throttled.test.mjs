// HTTP clients that come to the end of a rate limit: each waits as long as `Retry-After` says, by itself, and finishes.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import got from "got";
import ky from "ky";
import { run, startServer } from "./support.mjs";

/** So many at once, and one more each second. */
const LIMIT = 60;
/** The last two have to wait. */
const PATCHES = LIMIT + 2;

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const environment = await mkdtemp(join(tmpdir(), "shop-profile-throttled-"));
after(() => rm(environment, { recursive: true }));

/** Runs a client against a server of its own; it counts the 429 that it meets. */
function finishes(name, client) {
  test(`${name} waits and finishes`, async () => {
    const server = await startServer(["--rate-limit-updates", `${LIMIT}`]);
    try {
      const url = new URL("/api/shop/customers/me", server.address).href;
      const throttled = await client(url, { authorization: `Token ${server.token}` });
      assert.ok(throttled > 0, "the limit was met");
      assert.equal((await server.profile.read()).last_name, `${PATCHES - 1}`);
    } finally {
      await server.stop();
    }
  });
}

finishes("got", async (url, headers) => {
  let throttled = 0;
  const client = got.extend({
    headers,
    retry: { limit: 5, methods: ["PATCH"] },
    hooks: { beforeRetry: [(error) => void (throttled += error.response?.statusCode === 429)] },
  });
  for (let number = 0; number < PATCHES; number += 1) {
    await client.patch(url, { json: { last_name: `${number}` } });
  }
  return throttled;
});

finishes("ky", async (url, headers) => {
  let throttled = 0;
  const client = ky.extend({
    headers,
    retry: { limit: 5, methods: ["patch"] },
    hooks: { afterResponse: [(_request, _options, response) => void (throttled += response.status === 429)] },
  });
  for (let number = 0; number < PATCHES; number += 1) {
    await client.patch(url, { json: { last_name: `${number}` } });
  }
  return throttled;
});

finishes("urllib3's Retry", async (url, headers) => {
  const python = join(environment, "bin", "python");
  await run("python3", ["-m", "venv", environment]);
  // The file pins the whole tree, so nothing may be added to it.
  await run(python, ["-m", "pip", "install", "--quiet", "--no-deps", "--requirement", beside("requirements.txt")]);
  const task = JSON.stringify({ url, headers, patches: PATCHES });
  const { stdout } = await run(python, [beside("urllib3_client.py")], task);
  return JSON.parse(stdout).throttled;
});

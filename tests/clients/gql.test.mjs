// gql, the Python client, in a virtual environment of this run's own.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { testClient } from "./behaviours.mjs";
import { run } from "./support.mjs";

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const environment = await mkdtemp(join(tmpdir(), "shop-profile-gql-"));
const python = join(environment, "bin", "python");
after(() => rm(environment, { recursive: true }));

await run("python3", ["-m", "venv", environment]);
// The file pins the whole tree, so nothing may be added to it.
await run(python, ["-m", "pip", "install", "--quiet", "--no-deps", "--requirement", beside("requirements.txt")]);

testClient("gql", ({ url, headers, record }) => {
  const send = (persisted) => async (document, variables) => {
    const task = { url, headers, document, variables, persisted };
    const { stdout } = await run(python, [beside("gql_client.py")], JSON.stringify(task));
    const { answer, exchanges } = JSON.parse(stdout);
    exchanges.forEach(record);
    return answer;
  };
  return { execute: send(false), executePersisted: send(true) };
});

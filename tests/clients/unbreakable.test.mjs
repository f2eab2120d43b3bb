// Requests made to kill the server, against the release binary: each is rejected, within 50 ms of the server's CPU time,
// and the process stays below 64 MB. CPU and memory are the kernel's own figures of the process (proc(5)).

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { after, test } from "node:test";
import { startServer } from "./support.mjs";

const server = await startServer();
after(() => server.stop());

const CPU_LIMIT_MS = 50;
const MEMORY_LIMIT_KB = 64 * 1024;
/** proc(5): the kernel counts in hundredths of a second. */
const TICK_MS = 10;

const times = (count, part) => Array.from({ length: count }, (_, index) => part(index)).join(" ");
const nested = (count, open, inner, close) => open.repeat(count) + inner + close.repeat(count);
const bomb = times(29, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`);

/** 3 KB to 16 KB of text that must not reach the parser, or not the executor. */
const DOCUMENTS = {
  "a deep list literal": `{ a(b: ${nested(1500, "[", "1", "]")}) }`,
  "a deep object literal": `{ a(b: ${nested(1500, "{a:", "1", "}")}) }`,
  "a deep selection": `query ${nested(1500, "{a", "", "}")}`,
  "a deep type": `query ($v: ${nested(1500, "[", "Int", "]")}) { __typename }`,
  "brackets that never close": "{".repeat(16_000),
  "5,000 fragments in a chain": times(5000, (index) => `fragment F${index} on Query{...F${index + 1}}`),
  "300 unused fragments in a chain": `{ __typename } ${times(160, (index) => `fragment F${index} on Query{...F${index + 1}}`)}`,
  "a fragment bomb": `{ ...F0 } ${bomb} fragment F29 on Query { __typename }`,
  "1,000 aliased updates": `mutation { ${times(1000, (index) => `a${index}: updateMyProfile(input: {}) { customer { id } }`)} }`,
  "six aliased updates": `mutation { ${times(6, (index) => `a${index}: updateMyProfile(input: {}) { customer { id } }`)} }`,
  "an unterminated string": `{ a(b: "${"x".repeat(10_000)}) }`,
  "an unterminated block string": `{ a(b: """${'\\"""'.repeat(3000)}`,
  "16 KB of quotes": '"'.repeat(16_384),
  "1,001 tokens": `{ ${times(999, () => "a")} }`,
  "16,385 bytes": `{ __typename } #${" ".repeat(16_385 - 16)}`,
};

for (const [title, query] of Object.entries(DOCUMENTS)) {
  test(`${title}: rejected at no cost`, async () => {
    const before = await usage();
    const answer = await post(JSON.stringify({ query }));
    const { cpu, memory } = await usage();
    assert.ok([400, 413].includes(answer.status), `status ${answer.status}`);
    const body = await answer.json();
    assert.equal(body.errors.length, 1);
    assert.equal("data" in body, false);
    assert.ok(cpu - before.cpu <= CPU_LIMIT_MS, `${cpu - before.cpu} ms of CPU`);
    assert.ok(memory < MEMORY_LIMIT_KB, `${memory} kB`);
  });
}

const BODIES = {
  "20 MB, announced": { body: "x".repeat(20_000_000), status: 413 },
  "a list 30,000 deep": { body: "[".repeat(30_000), status: 400 },
  "variables 10,000 deep": {
    body: `{"query": "{ __typename }", "variables": {"v": ${nested(10_000, "[", "", "]")}}}`,
    status: 400,
  },
};

for (const [title, { body, status }] of Object.entries(BODIES)) {
  test(`${title}: ${status}`, async () => {
    const before = await usage();
    assert.match(await raw(`${head(body.length)}${body}`), new RegExp(`^HTTP/1.1 ${status} `));
    const { cpu, memory } = await usage();
    assert.ok(cpu - before.cpu <= CPU_LIMIT_MS, `${cpu - before.cpu} ms of CPU`);
    assert.ok(memory < MEMORY_LIMIT_KB, `${memory} kB`);
  });
}

test("20 MB in chunks: 413", async () => {
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  assert.match(await raw(`${head(null)}${chunk.repeat(320)}0\r\n\r\n`), /^HTTP\/1.1 413 /);
  assert.ok((await usage()).memory < MEMORY_LIMIT_KB);
});

test("after all that the server answers as before", async () => {
  const answer = await post(JSON.stringify({ query: "{ me { username } }" }));
  assert.deepEqual(await answer.json(), { data: { me: { username: "sara" } } });
});

function post(body) {
  return fetch(server.graphql, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json",
      authorization: `Token ${server.token}`,
      "content-type": "application/json",
    },
    body,
  });
}

const head = (length) =>
  `POST /graphql HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n` +
  (length === null ? "Transfer-Encoding: chunked\r\n\r\n" : `Content-Length: ${length}\r\n\r\n`);

/** The first answer to these bytes, which need not all be taken. */
function raw(bytes) {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(server.address.port), server.address.hostname);
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString());
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed without an answer")));
    socket.write(bytes);
  });
}

async function usage() {
  const stat = await readFile(`/proc/${server.pid}/stat`, "utf8");
  // After the name in parentheses the fields count from 3; 14 and 15 are user and system time.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = await readFile(`/proc/${server.pid}/status`, "utf8");
  const [, memory] = /VmHWM:\s+(\d+) kB/.exec(status);
  return { cpu: (Number(fields[11]) + Number(fields[12])) * TICK_MS, memory: Number(memory) };
}

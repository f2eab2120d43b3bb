// The official GraphQL-over-HTTP audits: MUST, SHOULD and MAY alike, none excused.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { serverAudits } from "graphql-http";
import { startServer } from "./support.mjs";

const server = await startServer();
after(() => server.stop());

const audits = serverAudits({ url: server.graphql });
const passed = new Set();

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const { status, reason } = await audit.fn();
    assert.equal(status, "ok", reason);
    passed.add(audit.id);
  });
}

test("61 of 61 audits ran, and 61 passed", () => {
  assert.equal(audits.length, 61);
  assert.equal(passed.size, 61);
});

// What graphql-cop, the usual scanner, tries. Introspection and queries by GET are on, on purpose; all else is rejected.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startServer } from "./support.mjs";

const server = await startServer();
after(() => server.stop());

const GRAPHQL = "application/graphql-response+json";
const MUTATION = 'mutation { updateMyProfile(input: { firstName: "Eve" }) { customer { firstName } } }';
const CIRCULAR =
  "{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }";

const times = (count, part) => Array.from({ length: count }, (_, index) => part(index)).join(" ");
const ask = (parameters) => `?${new URLSearchParams(parameters)}`;
const json = (body, headers = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});
const form = (parameters) => ({ method: "POST", body: new URLSearchParams(parameters) });

/** A document rejected by a limit, which the error names with its value. */
const LIMITS = {
  "101 aliases": [`{ ${times(101, (index) => `alias${index}: __typename`)} }`, /alias.*\b30\b/],
  "one field 500 times": [`{ ${times(500, () => "__typename")} }`, /field.*\b400\b/],
  "21 directives": [`{ __typename ${times(21, () => "@aa")} }`, /directive.*\b20\b/],
  "circular introspection": [CIRCULAR, /introspection.*\b2\b/],
};

for (const [title, [query, limit]] of Object.entries(LIMITS)) {
  test(`${title}: rejected by a limit`, async () => {
    const { status, body } = await send(json({ query }));
    assert.equal(status, 400);
    assert.equal(body.errors.length, 1);
    assert.match(body.errors[0].message, limit);
  });
}

const REJECTED = {
  "a batch of queries": { request: json(Array(10).fill({ query: "{ __typename }" })), status: 400 },
  "fragments in a circle": {
    request: json({ query: "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }" }),
    status: 400,
  },
  "a mutation by GET": { request: { path: ask({ query: MUTATION }) }, status: 405, allow: "POST" },
  "a mutation by a form": { request: form({ query: MUTATION }), status: 415 },
  "a query by a form": { request: form({ query: "{ __typename }" }), status: 415 },
  "a query in the address of a POST": {
    request: { path: ask({ query: "{ __typename }" }), method: "POST" },
    status: 415,
  },
};

for (const [title, { request, status, allow = null }] of Object.entries(REJECTED)) {
  test(`${title}: rejected`, async () => {
    const answer = await send(request);
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("allow"), allow);
    assert.equal(typeof answer.body.errors[0].extensions.code, "string");
    assert.equal("data" in answer.body, false);
    assert.notEqual((await server.profile.read()).first_name, "Eve");
  });
}

test("ten directives on one field: one error, not one for each", async () => {
  const { body } = await send(json({ query: `{ __typename ${times(10, () => "@aa")} }` }));
  assert.equal(body.errors.length, 1);
});

test("a misspelt field: no suggestion", async () => {
  for (const query of ["{ __schema { directive } }", "{ me { usernam } }"]) {
    const { status, text } = await send(json({ query }));
    assert.equal(status, 400);
    assert.doesNotMatch(text, /did you mean|directives|username/i);
  }
});

test("tracing and debugging: nothing of either, whatever is asked", async () => {
  const headers = { "x-apollo-tracing": "1", "apollo-query-plan-experimental": "1", "x-debug": "1" };
  const sound = await send(json({ query: "{ __typename }", extensions: { tracing: true } }, headers));
  assert.deepEqual(sound.body, { data: { __typename: "Query" } });

  for (const query of ["qwerty cop { abc }", "query cop { abc {", "{ me(a: $b) { c } }"]) {
    const { status, body, text } = await send(json({ query }, headers));
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(body), ["errors"]);
    for (const { extensions } of body.errors) assert.deepEqual(Object.keys(extensions), ["code"]);
    assert.doesNotMatch(text, /exception|stack|trace|panick|\.rs\b|::/i);
  }
});

test("introspection and a query by GET: answered, on purpose", async () => {
  const { status, body } = await send({ path: ask({ query: "{ __schema { queryType { name } } }" }) });
  assert.equal(status, 200);
  assert.deepEqual(body, { data: { __schema: { queryType: { name: "Query" } } } });
});

/** With sara's token: what is rejected is rejected for a customer too. */
async function send({ path = "", headers, ...request }) {
  const response = await fetch(server.graphql + path, {
    ...request,
    headers: { accept: GRAPHQL, authorization: `Token ${server.token}`, ...headers },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

// What code generators and GraphiQL ask on arrival passes the limits, needs no token, and tells the committed schema.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import {
  GraphQLSchema,
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  lexicographicSortSchema,
  printSchema,
  validateSchema,
} from "graphql";
import { startServer } from "./support.mjs";

const server = await startServer();
after(() => server.stop());

// async-graphql describes every schema with the specification's own words, and its SDL with ours: neither is compared.
const withoutDescription = (schema) => new GraphQLSchema({ ...schema.toConfig(), description: undefined });
const sorted = (schema) => printSchema(lexicographicSortSchema(withoutDescription(schema)));
const committed = sorted(buildSchema(await readFile(new URL("../../schema.graphql", import.meta.url), "utf8")));

/** Every option of a published edition of the specification. */
const EVERY_OPTION = {
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
};
const REQUESTS = {
  "graphql-js's default query": { query: getIntrospectionQuery() },
  "graphql-js's query with every option": { query: getIntrospectionQuery(EVERY_OPTION) },
  "GraphiQL's request": { query: getIntrospectionQuery(), operationName: "IntrospectionQuery" },
};

for (const [title, request] of Object.entries(REQUESTS)) {
  test(title, async () => {
    const response = await fetch(server.graphql, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    const { data, errors } = await response.json();
    assert.equal(errors, undefined, JSON.stringify(errors));

    const schema = buildClientSchema(data);

    assert.deepEqual(validateSchema(schema), []);
    assert.equal(sorted(schema), committed);
  });
}

import { ClientError, GraphQLClient } from "graphql-request";
import { testClient } from "./behaviours.mjs";
import { persistByHand } from "./persisted.mjs";

testClient("graphql-request", ({ url, headers, fetch }) => {
  const execute = (text, variables, requestMiddleware) =>
    new GraphQLClient(url, { headers, fetch, requestMiddleware }).rawRequest(text, variables).catch(answerOf);
  const executePersisted = persistByHand((members) =>
    execute("{ __typename }", members.variables, (request) => ({ ...request, body: JSON.stringify(members) })),
  );
  return { execute, executePersisted };
});

/** The library throws every answer that has errors. */
function answerOf(error) {
  if (error instanceof ClientError) return error.response;
  throw error;
}

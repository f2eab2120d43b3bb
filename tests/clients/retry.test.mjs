// Apollo Client that comes to the end of a rate limit. It shows no header to the code that uses it, so its RetryLink waits as
// long as `retryAfter` in the error says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { RetryLink } from "@apollo/client/link/retry";
import { map } from "rxjs";
import { startServer } from "./support.mjs";

/** So many at once, and one more each second. */
const LIMIT = 60;
/** The last two have to wait. */
const UPDATES = LIMIT + 2;

const UPDATE = gql`
  mutation Update($lastName: String) {
    updateMyProfile(input: { lastName: $lastName }) {
      customer { lastName }
    }
  }
`;

/** The seconds after which the server wants to be asked again, if it said so. */
const retryAfter = (error) =>
  CombinedGraphQLErrors.is(error) ? error.errors.find(({ extensions }) => extensions?.retryAfter)?.extensions.retryAfter : undefined;

// RetryLink tries errors of the network again; what the server says in words is a result to it.
const throttledAsError = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    map((result) => {
      const error = result.errors && new CombinedGraphQLErrors(result);
      if (retryAfter(error) === undefined) return result;
      throw error;
    }),
  ),
);

test("Apollo Client's RetryLink waits as long as the error says, and finishes", async () => {
  const server = await startServer(["--rate-limit-updates", `${LIMIT}`]);
  try {
    const [headers, waits] = [[], []];
    const retry = new RetryLink({
      attempts: (_count, _operation, error) => retryAfter(error) !== undefined,
      delay: (count, _operation, error) => {
        waits.push({ count, seconds: retryAfter(error) });
        return retryAfter(error) * 1000;
      },
    });
    const recording = async (...request) => {
      const response = await fetch(...request);
      if (response.status === 429) headers.push(Number(response.headers.get("retry-after")));
      return response;
    };
    const http = new HttpLink({ uri: server.graphql, headers: { authorization: `Token ${server.token}` }, fetch: recording });
    const client = new ApolloClient({ link: ApolloLink.from([retry, throttledAsError, http]), cache: new InMemoryCache() });
    for (let number = 0; number < UPDATES; number += 1) {
      await client.mutate({ mutation: UPDATE, variables: { lastName: `${number}` } });
    }
    assert.ok(waits.length > 0, "the limit was met");
    // The header's seconds, and long enough: no update had to wait twice.
    assert.deepEqual(waits, headers.map((seconds) => ({ count: 1, seconds })));
    assert.equal((await server.profile.read()).last_name, `${UPDATES - 1}`);
  } finally {
    await server.stop();
  }
});

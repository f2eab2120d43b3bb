import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { testClient } from "./behaviours.mjs";
import { sha256 } from "./persisted.mjs";

testClient("Apollo Client", ({ url, headers, fetch }) => {
  const http = new HttpLink({ uri: url, headers, fetch });
  return { execute: through(http), executePersisted: through(new PersistedQueryLink({ sha256 }).concat(http)) };
});

function through(link) {
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return async (text, variables) => {
    const { data, error } = text.startsWith("mutation")
      ? await client.mutate({ mutation: gql(text), variables, errorPolicy: "all" })
      : await client.query({ query: gql(text), variables, errorPolicy: "all" });
    if (error && !CombinedGraphQLErrors.is(error)) throw error;
    return { data, errors: error?.errors };
  };
}

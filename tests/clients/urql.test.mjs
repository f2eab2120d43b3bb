import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { testClient } from "./behaviours.mjs";

// urql's defaults are kept: its queries go by GET.
testClient("@urql/core", (connection) => ({
  execute: through(connection, [fetchExchange]),
  executePersisted: through(connection, [persistedExchange(), fetchExchange]),
}));

function through({ url, headers, fetch }, exchanges) {
  const client = new Client({ url, exchanges, fetch, fetchOptions: { headers } });
  return async (text, variables = {}) => {
    const { data, error } = text.startsWith("mutation")
      ? await client.mutation(text, variables)
      : await client.query(text, variables);
    if (error?.networkError) throw error.networkError;
    return { data, errors: error?.graphQLErrors };
  };
}

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";

/** A client with a cache of its own: what one customer has read is never shown to another. */
export function createClient(token: string) {
  const headers = new SetContextLink(() => ({
    // The server's messages come in the language of the page, if it has them.
    headers: { Authorization: `Token ${token}`, "Accept-Language": document.documentElement.lang },
  }));
  return new ApolloClient({
    link: ApolloLink.from([headers, new HttpLink({ uri: "/graphql" })]),
    cache: new InMemoryCache(),
  });
}

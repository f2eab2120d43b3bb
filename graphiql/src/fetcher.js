import { readToken } from "./token.js";

const ACCEPT = "application/graphql-response+json, application/json;q=0.9";

/** Sends what GraphiQL asks to send. Every answer of ours is JSON, whatever its status, and is shown as it is. */
export async function fetcher(request) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { accept: ACCEPT, "content-type": "application/json", ...authorization(request) },
    body: JSON.stringify(request),
    credentials: "omit",
    cache: "no-store",
  });
  const body = await response.text();
  try {
    return JSON.parse(body);
  } catch {
    throw new Error(`HTTP ${response.status} ${response.statusText}: ${body.slice(0, 300)}`);
  }
}

// The schema is public, and a mistyped token is answered with 401 even to introspection: without this exception
// the documentation and the completion would be missing as well.
function authorization({ operationName }) {
  const token = readToken();
  return token && operationName !== "IntrospectionQuery" ? { authorization: `Token ${token}` } : {};
}

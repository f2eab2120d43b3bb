import { readToken, tokenRejected } from "./token.js";

const ACCEPT = "application/graphql-response+json, application/json;q=0.9";

/** Sends what GraphiQL asks to send. Every answer of ours is JSON, whatever its status, and is shown as it is. */
export async function fetcher(request) {
  const token = readToken();
  // A header cannot carry it, and fetch would fail as it does without a server.
  if (/[^\x20-\x7e]/.test(token)) {
    tokenRejected.dispatchEvent(new Event("rejected"));
    return problem("The API token has a character that no token has.");
  }
  const authorization = token ? { authorization: `Token ${token}` } : {};
  let response, body;
  try {
    response = await fetch("/graphql", {
      method: "POST",
      headers: { accept: ACCEPT, "content-type": "application/json", ...authorization },
      body: JSON.stringify(request),
      credentials: "omit",
      cache: "no-store",
    });
    body = await response.text();
  } catch {
    return problem("The server cannot be reached. Is it still running?");
  }
  try {
    return withRejectedToken(JSON.parse(body));
  } catch {
    return problem(`The server's answer is not JSON: HTTP ${response.status} ${response.statusText}`);
  }
}

/** An error of the page's own, without the stack that GraphiQL would show. */
const problem = (message) => ({ errors: [{ message }] });

function withRejectedToken(answer) {
  if (answer.errors?.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED")) {
    tokenRejected.dispatchEvent(new Event("rejected"));
  }
  return answer;
}

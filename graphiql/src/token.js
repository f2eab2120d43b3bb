// The API token lives in sessionStorage and nowhere else: it survives a reload of this tab and ends with it.
const NAME = "shop-profile:token";

export const readToken = () => sessionStorage.getItem(NAME) ?? "";

/** Says "rejected" when the server has not accepted the token of a request, or there was none. */
export const tokenRejected = new EventTarget();

/** What stands beside the field. */
export const tokenState = (token, isRejected = false) => (token === "" ? "" : isRejected ? "Rejected" : "Set");

/** Keeps a token, which may be copied from a header or with quotes around it. */
export function saveToken(text) {
  const token = text.trim().replace(/^(["'])(.*)\1$/, "$2").replace(/^(Authorization:\s*)?(Token|Bearer)\s+/i, "");
  if (token) sessionStorage.setItem(NAME, token);
  else sessionStorage.removeItem(NAME);
}

// `serve --demo` prints an address that ends in `#token=shp_…`. A fragment is never sent to a server; taking it
// out of the address at once keeps it out of bookmarks and screenshots as well. Any page may link here: a token that
// is in use is not replaced unasked, or a person could type their data into somebody else's profile.
export function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token")?.trim();
  if (token === undefined) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  const present = readToken();
  const question = "This link brings another API token. Replace the one that this tab uses?";
  if (present === "" || present === token || confirm(question)) saveToken(token);
}

/** Whether there is a token, or a history of what was run. */
export const isAnythingStored = () =>
  readToken() !== "" || (JSON.parse(localStorage.getItem("graphiql:queries"))?.queries ?? []).length > 0;

// GraphiQL keeps its tabs and its history in localStorage, and the variables in them hold personal data. The page is
// loaded again because GraphiQL would write back what it has in memory.
export function forgetEverything() {
  saveToken("");
  const names = Object.keys(localStorage).filter((name) => name.startsWith("graphiql:"));
  names.forEach((name) => localStorage.removeItem(name));
  location.reload();
}

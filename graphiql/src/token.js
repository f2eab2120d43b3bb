// The API token is in sessionStorage and nowhere else: it survives a reload of this tab and ends with it.
const NAME = "shop-profile:token";

export const readToken = () => sessionStorage.getItem(NAME) ?? "";

export function saveToken(token) {
  if (token) sessionStorage.setItem(NAME, token);
  else sessionStorage.removeItem(NAME);
}

// `serve --demo` prints an address that ends in `#token=shp_…`. A fragment is never sent to a server, and removing it
// from the address at once keeps the token out of bookmarks and screenshots. A link from elsewhere must not replace the
// token of this tab unasked: the customer would type their data into somebody else's profile.
export function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token")?.trim();
  if (token === undefined) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  const present = readToken();
  const question = "This link has another API token. Use it instead of the present one?";
  if (present === "" || present === token || confirm(question)) saveToken(token);
}

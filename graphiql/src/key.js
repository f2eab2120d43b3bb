// The access key lives in sessionStorage and nowhere else: it survives a reload of this tab and ends with it.
const NAME = "shop-profile:key";

export const readKey = () => sessionStorage.getItem(NAME) ?? "";

export function saveKey(key) {
  if (key) sessionStorage.setItem(NAME, key);
  else sessionStorage.removeItem(NAME);
}

// `serve --demo` prints an address that ends in `#key=shp_…`. A fragment is never sent to a server; taking it
// out of the address at once keeps it out of bookmarks and screenshots as well.
export function takeKeyFromAddress() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key === null) return;
  saveKey(key.trim());
  history.replaceState(history.state, "", location.pathname + location.search);
}

import { forgetEverything, isAnythingStored, readToken, saveToken, takeTokenFromAddress, tokenState } from "../token.js";

/** The same field as GraphiQL's: each change counts at once. The two pages share the token of their tab. */
export function connectTokenField() {
  const field = document.getElementById("token");
  const forget = document.getElementById("forget");
  const state = document.getElementById("token-state");
  const changed = () => {
    state.textContent = tokenState(readToken());
    forget.disabled = !isAnythingStored();
  };
  const show = () => {
    field.value = readToken();
    changed();
  };
  show();
  field.addEventListener("input", () => {
    saveToken(field.value);
    changed();
  });
  forget.addEventListener("click", forgetEverything);
  addEventListener("hashchange", () => {
    takeTokenFromAddress();
    show();
  });
}

/** Adds the token to what the page sends to the API. The document itself needs none. */
export function authorize(request) {
  const url = new URL(request.url, location.href);
  const token = readToken();
  if (token && url.origin === location.origin && url.pathname.startsWith("/api/")) {
    request.headers.Authorization = `Token ${token}`;
  }
  return Object.assign(request, { credentials: "omit", cache: "no-store" });
}

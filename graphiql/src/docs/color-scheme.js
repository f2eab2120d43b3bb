const dark = matchMedia("(prefers-color-scheme: dark)");

/** Swagger UI has dark colours, but under a class of its own: it does not follow the system by itself. */
export function followColorScheme() {
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  follow();
  dark.addEventListener("change", follow);
}

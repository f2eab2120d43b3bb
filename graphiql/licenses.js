import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The licences of everything that the pages contain, as a text that both link to (`<link rel="license">`). A bundle
 * that is a package's own, such as Swagger UI's, has a list of what it contains beside it.
 */
export function licenses() {
  return {
    name: "licenses",
    generateBundle: {
      order: "pre",
      handler() {
        const packages = new Set([...this.getModuleIds()].map(packageOf).filter(Boolean));
        const source = [...packages].sort().map(textOf).join("\n\n");
        this.emitFile({ type: "asset", name: "licenses.txt", source });
      },
    },
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle }) {
        const href = Object.keys(bundle ?? {}).find((name) => name.endsWith(".txt"));
        return [{ tag: "link", attrs: { rel: "license", href: `/${href}` }, injectTo: "head" }];
      },
    },
  };
}

/** The folder of the package that a module belongs to. */
const packageOf = (module) => /^[^\0].*\/node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(module)?.[0];

function textOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)|es-bundle\.js\.license/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  return [`${"=".repeat(80)}\n${name} ${version} (${license})`, ...texts].join("\n\n");
}

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch } from "./chromium.js";
import { openPlayground } from "./playground.js";
import { openShop } from "./shop.js";

// What axe finds in GraphiQL 5.4.0 as it comes. Ours may be better, not worse.
const STOCK = ["color-contrast", "nested-interactive", "page-has-heading-one"];

let browser, shop, axe;

before(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  browser = await launch();
  shop = await openShop();
});

after(async () => {
  await browser?.close();
  await shop?.close();
});

const violations = async (colorScheme, element) => {
  const playground = await openPlayground(browser, `${shop.origin}/graphiql`, { colorScheme });
  await playground.page.evaluate(axe);
  const found = await playground.page.evaluate(async (element) => (await axe.run(element)).violations, element);
  await playground.close();
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(" ")}`);
};

for (const colorScheme of ["light", "dark"]) {
  test(`the token field breaks no rule of axe (${colorScheme})`, async () => {
    assert.deepEqual(await violations(colorScheme, ".token-field"), []);
  });

  test(`the whole page is no worse than stock GraphiQL (${colorScheme})`, async () => {
    const found = await violations(colorScheme, "html");
    assert.deepEqual(found.filter((text) => !STOCK.some((rule) => text.startsWith(`${rule}:`))), []);
  });
}

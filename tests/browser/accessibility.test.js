import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch } from "./chromium.js";
import { openDocs } from "./docs.js";
import { openPlayground } from "./playground.js";
import { openShop } from "./shop.js";

// What axe finds in GraphiQL 5.4.0 as it comes. Ours may be better, not worse.
const STOCK_GRAPHIQL = ["color-contrast", "nested-interactive"];

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

const violations = async ({ page }, element) => {
  await page.evaluate(axe);
  const found = await page.evaluate(async (element) => (await axe.run(element)).violations, element);
  await page.context().close();
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(" ")}`);
};

const without = (stock, found) => found.filter((text) => !stock.some((rule) => text.startsWith(`${rule}:`)));

for (const colorScheme of ["light", "dark"]) {
  const open = () => openPlayground(browser, `${shop.origin}/graphiql`, { colorScheme });

  test(`GraphiQL: the page's own header breaks no rule of axe (${colorScheme})`, async () => {
    assert.deepEqual(await violations(await open(), ".page-header"), []);
  });

  test(`GraphiQL: the whole page is no worse than stock GraphiQL (${colorScheme})`, async () => {
    assert.deepEqual(without(STOCK_GRAPHIQL, await violations(await open(), "html")), []);
  });
}

for (const colorScheme of ["light", "dark"]) {
  test(`the reference breaks no rule of axe, whatever is opened (${colorScheme})`, async () => {
    const docs = await openDocs(browser, `${shop.origin}/docs#token=${shop.token}`, { colorScheme });
    await docs.open("patch");
    await docs.execute("patch");
    await docs.openResponses("patch");
    await docs.page.getByRole("button", { name: "Schemas" }).click();
    assert.deepEqual(await violations(docs, "html"), []);
  });
}

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch } from "./chromium.js";
import { openDocs } from "./docs.js";
import { openPlayground } from "./playground.js";
import { openShop } from "./shop.js";

// What axe finds in GraphiQL 5.4.0 and Swagger UI 5.35.0 as they come. Ours may be better, not worse.
const STOCK_GRAPHIQL = ["color-contrast", "nested-interactive"];
const STOCK_SWAGGER_UI = ["color-contrast", "heading-order", "label", "region", "select-name"];

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

const openDocsAndOperation = async () => {
  const docs = await openDocs(browser, `${shop.origin}/docs#token=${shop.token}`);
  await docs.open("patch");
  return docs;
};

for (const colorScheme of ["light", "dark"]) {
  const open = () => openPlayground(browser, `${shop.origin}/graphiql`, { colorScheme });

  test(`GraphiQL: the page's own header breaks no rule of axe (${colorScheme})`, async () => {
    assert.deepEqual(await violations(await open(), ".page-header"), []);
  });

  test(`GraphiQL: the whole page is no worse than stock GraphiQL (${colorScheme})`, async () => {
    assert.deepEqual(without(STOCK_GRAPHIQL, await violations(await open(), "html")), []);
  });
}

test("the reference: the page's own header breaks no rule of axe", async () => {
  assert.deepEqual(await violations(await openDocsAndOperation(), ".page-header"), []);
});

test("the reference: the whole page is no worse than stock Swagger UI", async () => {
  assert.deepEqual(without(STOCK_SWAGGER_UI, await violations(await openDocsAndOperation(), "html")), []);
});

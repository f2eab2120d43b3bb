import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { launch } from "./chromium.js";
import { openDocs } from "./docs.js";
import { assertRings } from "./playground.js";
import { openDemo, openShop } from "./shop.js";

let browser, shop, docs;

before(async () => {
  browser = await launch();
  shop = await openShop();
});

after(async () => {
  await browser?.close();
  await shop?.close();
});

afterEach(async () => {
  const { problems } = docs;
  await docs.close();
  assert.deepEqual(problems, []);
});

const arrive = async (options) => {
  docs = await openDocs(browser, `${shop.origin}/docs`, options);
  return docs;
};

const arriveWithToken = async (options) => {
  docs = await openDocs(browser, `${shop.origin}/docs#token=${shop.token}`, options);
  return docs;
};

test("the page names the product and lists the four methods, without a token", async () => {
  const { page } = await arrive();
  assert.match(await page.title(), /shop-profile/);
  await page.getByRole("heading", { level: 1, name: "shop-profile REST API" }).waitFor();
  const methods = await page.locator(".opblock-summary-method").allInnerTexts();
  assert.deepEqual(methods.sort(), ["GET", "HEAD", "OPTIONS", "PATCH"]);
});

test("without a token a read shows the 401's own words", async () => {
  await arrive();
  await docs.open("get");
  const { status, text } = await docs.execute("get");
  assert.equal(status.split("\n")[0], "401");
  assert.match(text, /Authentication credentials were not provided\./);
});

test("the update that is tried changes the database", async () => {
  await arriveWithToken();
  assert.equal((await shop.customer()).gender, null);
  await docs.open("patch");
  const { status, text } = await docs.execute("patch");
  assert.equal(status.split("\n")[0], "200");
  assert.match(text, /"John Doe"/);
  const { first_name, last_name, gender } = await shop.customer();
  assert.deepEqual({ first_name, last_name, gender }, { first_name: "John", last_name: "Doe", gender: "male" });
});

test("a dry run answers what the update would answer and writes nothing", async () => {
  await arriveWithToken();
  const before = await shop.customer();
  await docs.open("patch");
  await docs.page.locator('tr[data-param-name="validate_only"] select').selectOption("true");
  await docs.write({ first_name: "Zoë" });
  const { text } = await docs.execute("patch");
  assert.match(text, /"Zoë"/);
  assert.deepEqual(await shop.customer(), before);
});

test("a field that breaks a rule is shown with its message", async () => {
  await arriveWithToken();
  const before = await shop.customer();
  await docs.open("patch");
  await docs.write({ username: "not allowed!" });
  const { status, text } = await docs.execute("patch");
  assert.equal(status.split("\n")[0], "400");
  assert.match(text, /Enter a valid username\./);
  assert.deepEqual(await shop.customer(), before);
});

test("the keyboard alone updates the profile", async () => {
  const { page } = await arrive();
  const reach = async (locator) => {
    for (let presses = 0; presses < 60; presses += 1) {
      if (await locator.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`no Tab leads to ${locator}`);
  };
  await reach(docs.token);
  await page.keyboard.insertText(shop.token);
  const patch = docs.operation("patch");
  await reach(patch.locator("button.opblock-summary-control"));
  await page.keyboard.press("Enter");
  const body = patch.locator("textarea.body-param__text");
  await body.waitFor();
  await reach(body);
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.insertText('{"first_name": "Keyboard"}');
  await reach(patch.getByRole("button", { name: "Execute" }));
  await page.keyboard.press("Enter");
  await patch.locator(".live-responses-table .response").getByText("Keyboard").first().waitFor();
  assert.equal((await shop.customer()).first_name, "Keyboard");
});

test("a response that is no success is one line, and a click shows its examples and its headers", async () => {
  const { page } = await arrive();
  await docs.open("patch");
  const codes = await docs.folded("patch").getByRole("button").allInnerTexts();
  assert.deepEqual(codes, ["400", "401", "408", "412", "413", "415", "429", "500", "503"]);
  const height = () => page.evaluate(() => document.scrollingElement.scrollHeight);
  const folded = await height();
  assert.ok(folded < 3000, `${folded} pixels`);
  const patch = docs.operation("patch");
  const throttled = docs.folded("patch").getByRole("button", { name: "429" });
  await throttled.click();
  await patch.getByText("Request was throttled.").waitFor();
  const header = patch.locator(".folded-headers:visible").last().getByText("After how many seconds to try again.");
  assert.ok(!(await header.isVisible()));
  await patch.locator(".folded-headers:visible > summary").last().click();
  assert.ok(await header.isVisible());
  await throttled.click();
  await patch.getByText("Request was throttled.").waitFor({ state: "detached" });
});

test("the page has the colours that the system asks for, also when that changes", async () => {
  const { page } = await arrive({ colorScheme: "dark" });
  const colours = () => page.evaluate(() => [document.body, document.querySelector(".swagger-ui")].map((element) => getComputedStyle(element).backgroundColor));
  assert.deepEqual(await colours(), ["rgb(28, 32, 34)", "rgb(28, 32, 34)"]);
  await page.emulateMedia({ colorScheme: "light" });
  await page.waitForFunction(() => !document.documentElement.classList.contains("dark-mode"));
  assert.equal((await colours())[0], "rgb(255, 255, 255)");
});

test("whatever the keyboard leads to has a ring that can be seen", async () => {
  const { page, token } = await arriveWithToken();
  await docs.open("patch");
  assert.ok((await assertRings(page, token)) > 25);
});

test("on a telephone nothing is wider than the screen", async () => {
  const { page } = await arriveWithToken({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const width = () => page.evaluate(() => document.scrollingElement.scrollWidth);
  assert.equal(await width(), 390);
  await docs.open("patch");
  assert.equal(await width(), 390, "with an open operation");
  await docs.write({ last_name: "Telephone" });
  await docs.execute("patch");
  assert.equal(await width(), 390, "with an answer");
  assert.equal((await shop.customer()).last_name, "Telephone");
});

test("the two pages link to each other and share the token of the tab", async () => {
  const { page } = await arriveWithToken();
  assert.equal(page.url(), `${shop.origin}/docs`, "the token left the address");
  await page.getByRole("link", { name: "GraphQL" }).click();
  await page.waitForURL(`${shop.origin}/graphiql`);
  const field = page.getByLabel("API token", { exact: true });
  await field.waitFor();
  assert.equal(await field.inputValue(), shop.token);
  await page.locator(".graphiql-query-editor .monaco-editor .view-line").first().waitFor();
  await page.getByRole("link", { name: "REST API" }).click();
  await docs.ready();
  assert.equal(await docs.token.inputValue(), shop.token);
});

test("the token is stored nowhere that outlives the tab, and Forget removes it", async () => {
  const { page, token } = await arriveWithToken();
  await docs.open("get");
  await docs.execute("get");
  assert.ok(!(await docs.stored()).includes(shop.token), "the token is in what the page stores");
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Forget" }).click()]);
  await docs.ready();
  assert.equal(await token.inputValue(), "");
  assert.ok(await page.getByRole("button", { name: "Forget" }).isDisabled(), "there is nothing to forget");
});

test("a page that is not served is not linked", async () => {
  const alone = await openShop(["--graphiql", "off"]);
  docs = await openDocs(browser, alone.origin);
  assert.equal(new URL(docs.page.url()).pathname, "/docs");
  assert.deepEqual(await docs.page.locator("#links a").allInnerTexts(), ["OpenAPI document", "Licences"]);
  await alone.close();
});

test("the licences of what the pages contain are served with them", async () => {
  const { page } = await arrive();
  const text = await page.evaluate(async () => (await fetch(document.querySelector("link[rel=license]").href)).text());
  for (const name of ["swagger-ui-dist", "monaco-editor", "react", "graphiql", "graphql"]) {
    assert.match(text, new RegExp(`^${name} \\d+\\.`, "m"));
  }
  assert.match(text, /SmartBear Software/);
});

test("the address that `serve --demo` prints shows the demo customer", async () => {
  const demo = await openDemo("docs");
  docs = await openDocs(browser, demo.address);
  await docs.open("get");
  assert.match((await docs.execute("get")).text, /"behrooz3500"/);
  await demo.close();
});

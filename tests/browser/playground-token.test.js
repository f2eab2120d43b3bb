// The playground's API token: what the page says of it, and that it leaves no trace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { arrive, arriveWithToken, playground, shop } from "./visit.js";

test("without a token `me` shows the 401's own words", async () => {
  await arrive();
  await playground.runAndSee('"Authentication credentials were not provided."');
  await playground.sees('"UNAUTHENTICATED"');
});

test("a token that is not valid is outlined and has the focus, until it is changed", async () => {
  const { token } = await arrive();
  assert.equal(await token.getAttribute("aria-invalid"), "false");
  await token.fill("shp_wrong");
  await playground.runAndSee('"Invalid token."');
  await playground.hasFocus(token);
  assert.equal(await token.getAttribute("aria-invalid"), "true");
  const outline = await token.evaluate((element) => getComputedStyle(element).outlineStyle);
  assert.equal(outline, "solid");
  await token.fill(shop.token);
  assert.equal(await token.getAttribute("aria-invalid"), "false");
  await playground.runAndSee('"sara"');
});

test("a token is taken out of what stands around it, and one that no header can carry is named", async () => {
  const { token } = await arrive();
  await token.fill(`"Authorization: Token ${shop.token}"`);
  await playground.runAndSee("fullName");
  await token.fill("توکن");
  await playground.runAndSee("a character that no token has");
});

test("a reload keeps the tabs and the token; another browser session has neither", async () => {
  const { page, operation } = await arriveWithToken();
  await page.getByRole("button", { name: "New tab" }).click();
  await playground.write(operation, "query Mine { me { username } }");
  await playground.tab("Mine").waitFor();
  // GraphiQL writes its tabs half a second after the last change.
  await page.waitForFunction(() => localStorage.getItem("graphiql:tabState")?.includes("Mine"));
  await Promise.all([page.reload(), playground.ready()]);
  await playground.tab("Mine").waitFor();
  assert.equal(await playground.token.inputValue(), shop.token);
  await playground.runAndSee('"sara"');
  await playground.close();

  await arrive();
  assert.equal(await playground.token.inputValue(), "");
  assert.equal(await playground.tab("Mine").count(), 0);
});

test("at a click everything is forgotten: the token, the tabs and the history with its variables", async () => {
  const { page } = await arriveWithToken();
  await playground.openTab("UpdateMyProfile");
  await playground.write(playground.variables, '{"input": {"lastName": "Secretname"}}');
  await playground.hasReadVariables("Secretname");
  await playground.runAndSee('"userErrors": []');
  assert.match(await playground.stored(), /Secretname/);
  await Promise.all([page.getByRole("button", { name: "Forget" }).click(), playground.ready()]);
  assert.equal(await playground.token.inputValue(), "");
  assert.ok(!(await playground.stored()).includes("Secretname"), "the history is still there");
  assert.ok(await page.getByRole("button", { name: "Forget" }).isDisabled(), "there is nothing to forget");
  await playground.runAndSee('"UNAUTHENTICATED"');
});

test("the token leaves the address at once and is stored nowhere that outlives the tab", async () => {
  const { page, token } = await arriveWithToken();
  assert.equal(page.url(), `${shop.origin}/graphiql`);
  await playground.runAndSee('"sara"');
  await page.getByRole("button", { name: "Show History" }).click();
  await page.getByRole("listitem").filter({ hasText: "Me" }).first().waitFor();
  const stored = await playground.stored();
  assert.match(stored, /graphiql:queries/);
  assert.ok(!stored.includes(shop.token), "the token is in what the page stores");
});

test("a link does not replace the token of a tab unasked", async () => {
  const { page, token } = await arriveWithToken();
  const answers = [false, true];
  page.on("dialog", async (dialog) => {
    assert.match(dialog.message(), /another API token/);
    await (answers.shift() ? dialog.accept() : dialog.dismiss());
  });
  // Following such a link in the same tab loads no page: only the fragment changes.
  const follow = async (fragment) => {
    await page.goto(`${shop.origin}/graphiql#token=${fragment}`);
    await page.waitForURL(`${shop.origin}/graphiql`);
    return token.inputValue();
  };
  assert.equal(await follow(shop.token), shop.token, "the same token: nothing to ask");
  assert.equal(await follow("shp_another"), shop.token);
  assert.equal(await follow("shp_another"), "shp_another");
  assert.deepEqual(answers, []);
});

test("the field says that the token is set, and Enter leads to the editor", async () => {
  const { page, operation, token } = await arrive();
  const state = page.locator(".token-field").getByRole("status");
  assert.equal(await state.textContent(), "");
  await token.fill("shp_wrong");
  assert.equal(await state.textContent(), "Set");
  await page.getByRole("tooltip").filter({ hasText: "Set as you type or paste. Enter leads to the editor." }).waitFor();
  await token.press("Enter");
  await playground.hasFocus(operation.locator("textarea"));
  await playground.runAndSee('"Invalid token."');
  assert.equal(await state.textContent(), "Rejected");
  await token.fill(shop.token);
  await playground.runAndSee('"sara"');
  assert.equal(await state.textContent(), "Set");
});

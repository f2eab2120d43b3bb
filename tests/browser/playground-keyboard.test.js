// The playground by the keyboard alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertRings } from "./playground.js";
import { arrive, arriveAtOwnShop, arriveWithToken, playground, shop } from "./visit.js";

test("from load to a saved change by the keyboard alone", async () => {
  const own = await arriveAtOwnShop();
  const { page, operation, token } = playground;
  const editor = operation.locator("textarea");
  await playground.hasFocus(editor);
  await page.keyboard.press("ControlOrMeta+Enter");
  await playground.sees('"UNAUTHENTICATED"');
  await playground.hasFocus(token);
  await page.keyboard.insertText(own.token);
  await playground.reach(playground.tab("UpdateMyProfile"), "Shift+Tab");
  await page.keyboard.press("Enter");
  await playground.hasRead("UpdateMyProfile");
  await playground.reach(token);
  await page.keyboard.press("Enter");
  await playground.hasFocus(editor);
  await page.keyboard.press("ControlOrMeta+Enter");
  await playground.sees('"Sara Ahmadi"');
  assert.equal((await own.customer()).full_name, "Sara Ahmadi");
});

test("after Ctrl-M, which the example names, Tab leads out of the editor and changes nothing in it", async () => {
  const { page, operation, token } = await arrive();
  await playground.hasFocus(operation.locator("textarea"));
  const text = await operation.locator(".view-lines").innerText();
  assert.match(text.replaceAll("\u00a0", " "), /Ctrl-M/);
  await page.keyboard.press("Control+M");
  await playground.reach(token);
  assert.equal(await operation.locator(".view-lines").innerText(), text);
  await page.keyboard.insertText(shop.token);
  await page.keyboard.press("Enter");
  await playground.hasFocus(operation.locator("textarea"));
  assert.equal(await operation.locator(".view-lines").innerText(), text);
});

test("with the token typed in, the keyboard alone shows the customer", async () => {
  const { token, page } = await arrive();
  await token.focus();
  await page.keyboard.insertText(shop.token);
  await playground.operation.locator("textarea").focus();
  await page.keyboard.press("ControlOrMeta+Enter");
  await playground.sees('"sara"');
});

for (const colorScheme of ["light", "dark"]) {
  test(`whatever the keyboard leads to has a ring that can be seen (${colorScheme})`, async () => {
    const { page, operation, token } = await arriveWithToken({ colorScheme });
    await playground.hasFocus(operation.locator("textarea"));
    await page.keyboard.press("Control+M");
    assert.ok((await assertRings(page, token)) > 18);
  });
}

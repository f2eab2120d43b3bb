// Persian, from right to left; and every state of the page by axe, wide and narrow, light and dark.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage } from "./page.js";
import { openShop } from "./shop.js";

const NAMES = { first_name: "سارا", last_name: "احمدی", gender: "female", username: "sara" };
let browser, shop;

before(async () => {
  [browser, shop] = await Promise.all([launch(), openShop()]);
});

after(async () => {
  await browser?.close();
  await shop?.close();
});

test("a Persian browser gets the page in Persian, from right to left, and asks for Persian messages", async () => {
  await shop.update(NAMES);
  const form = await openPage(browser, shop, { locale: "fa-IR" });
  assert.deepEqual(
    await form.page.evaluate(() => [document.documentElement.lang, document.documentElement.dir, document.title]),
    ["fa", "rtl", "مشخصات من"],
  );
  await form.enter();
  await form.field("username").waitFor();
  const check = form.request("Check");
  await form.type("username", "دو کلمه");
  assert.equal((await (await check).allHeaders())["accept-language"], "fa");
  const { code, message } = await form.error("username");
  assert.equal(code, "INVALID");
  assert.match(message, /^یک نام کاربری معتبر وارد کنید\./);
  const direction = (name) => form.field(name).evaluate((input) => getComputedStyle(input).direction);
  assert.deepEqual([await direction("firstName"), await direction("avatar")], ["rtl", "ltr"]);
  await form.picture("persian-error");
  await form.close();
  assert.deepEqual(form.problems, []);
});

test("another language keeps what was typed, and asks for the messages again", async () => {
  await shop.update(NAMES);
  const form = await openPage(browser, shop);
  await form.enter();
  await form.type("username", "two words");
  await form.error("username");
  const check = form.request("Check");
  await form.button("فارسی").click();
  assert.equal((await (await check).allHeaders())["accept-language"], "fa");
  assert.equal(await form.field("username").inputValue(), "two words");
  await form.close();
});

const LOOKS = ["en-GB", "fa-IR"].flatMap((locale) =>
  [390, 1280].flatMap((width) => ["light", "dark"].map((colorScheme) => ({ locale, width, colorScheme }))),
);

for (const { locale, width, colorScheme } of LOOKS) {
  test(`every state is accessible and fits: ${locale}, ${width} pixels, ${colorScheme}`, async () => {
    await shop.update(NAMES);
    const form = await openPage(browser, shop, { locale, viewport: { width, height: 844 }, colorScheme });
    const look = async (state) => {
      assert.deepEqual(await form.violations(), [], state);
      assert.ok(!(await form.isTooWide()), `${state} is too wide`);
      await form.picture(`${locale}-${width}-${colorScheme}-${state}`);
    };
    await look("token");
    await form.enter();
    await form.field("username").waitFor();
    await look("form");
    await form.type("username", "two words");
    await form.error("username");
    await look("error");
    await form.type("username", "sara");
    await shop.update({ first_name: "Zoë" });
    await form.type("firstName", "مینا");
    await form.page.getByRole("alert").waitFor();
    await look("conflict");
    await form.close();
  });
}

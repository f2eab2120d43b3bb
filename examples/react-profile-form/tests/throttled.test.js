// A customer who has sent too many changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { launch, openPage } from "./page.js";
import { openShop } from "./shop.js";

/** In a minute, and at once: after them there is one each fifteen seconds. */
const LIMIT = 4;

const WORDS = [
  ["en-GB", "Nothing that you typed is lost. Try again at", "Saved."],
  ["fa-IR", "از دست نرفته است", "ذخیره شد."],
];

for (const [locale, hint, saved] of WORDS) {
  test(`the form keeps what was typed and says when to try again, and then it is saved (${locale})`, async () => {
    const [browser, shop] = await Promise.all([launch(), openShop(LIMIT)]);
    try {
      const form = await openPage(browser, shop, { locale });
      await form.enter();
      await form.field("firstName").waitFor();
      for (let number = 0; number < LIMIT; number += 1) await shop.update({});
      await form.type("firstName", "Zoë");
      const answered = form.page.waitForResponse((response) => response.request().postDataJSON()?.operationName === "Update");
      await form.field("firstName").press("Enter");
      const answer = await answered;
      const { retryAfter } = (await answer.json()).errors[0].extensions;
      assert.deepEqual([answer.status(), answer.headers()["retry-after"]], [429, `${retryAfter}`]);

      const alert = form.page.getByRole("alert");
      await alert.getByText(hint).waitFor();
      const time = new Date(await alert.locator("time").getAttribute("datetime"));
      assert.ok(time - Date.now() <= retryAfter * 1000);
      assert.equal(await form.field("firstName").inputValue(), "Zoë");
      assert.deepEqual(await form.violations(), []);
      await form.picture(`throttled-${locale}`);

      await setTimeout(retryAfter * 1000);
      await form.field("firstName").press("Enter");
      await form.sees(saved);
      assert.equal((await shop.read()).first_name, "Zoë");
      assert.deepEqual(form.problems, []);
    } finally {
      await browser.close();
      await shop.close();
    }
  });
}

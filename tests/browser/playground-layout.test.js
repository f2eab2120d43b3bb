// The playground on narrow screens.
import assert from "node:assert/strict";
import { test } from "node:test";
import { arrive, arriveWithToken, playground, TELEPHONE } from "./visit.js";

test("no line is cut off: long ones wrap, in the operation and in the answer", async () => {
  const { operation, page } = await arrive({ viewport: { width: 800, height: 800 } });
  await playground.runAndSee('"UNAUTHENTICATED"');
  for (const editor of [operation, page.locator(".graphiql-response .monaco-editor")]) {
    const { line, width } = await editor.evaluate((element) => {
      const lines = [...element.querySelectorAll(".view-line > span")].map((line) => line.offsetWidth);
      return { line: Math.max(...lines), width: element.querySelector(".monaco-scrollable-element").clientWidth };
    });
    assert.ok(line > 0 && line <= width, `${line} of ${width}`);
  }
});

test("below 700 pixels the panes stand below each other, and nothing is wider than the screen", async () => {
  const { page } = await arrive(TELEPHONE);
  const box = (selector) => page.locator(selector).boundingBox();
  const [editors, response] = [await box(".graphiql-editors"), await box(".graphiql-response")];
  assert.ok(response.y >= editors.y + editors.height, "the response is below the editors");
  for (const { x, width } of [editors, response]) assert.ok(x >= 0 && width > 300 && x + width <= 390, `${x} ${width}`);
  assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth), 390);
  await playground.runAndSee('"UNAUTHENTICATED"');
});

test("on a telephone the answer comes into view, unless the token is to be corrected", async () => {
  const { page, token } = await arriveWithToken(TELEPHONE);
  const isInView = () => {
    const { top, bottom } = document.querySelector(".graphiql-response").getBoundingClientRect();
    return top >= 0 && bottom < innerHeight + 1;
  };
  assert.ok(!(await page.evaluate(isInView)), "it is below the editors");
  await playground.runAndSee('"sara"');
  await page.waitForFunction(isInView);
  await token.fill("shp_wrong");
  await playground.runAndSee('"Invalid token."');
  await playground.hasFocus(token);
  assert.ok(await token.evaluate((element) => element.getBoundingClientRect().top >= 0));
});

// What a person sees and does on the GraphiQL page, in their words.
import assert from "node:assert/strict";

/** A page with nothing stored, in a browser context of its own. Its `problems` must be empty at the end of a test. */
export async function openPlayground(browser, address, options) {
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, ...options });
  const page = await context.newPage();
  const problems = watch(page, new URL(address).origin);
  const playground = new Playground(page, problems);
  await Promise.all([page.goto(address), playground.ready()]);
  return playground;
}

// Everything that must not happen: a request to someone else, an error on the console (a violated
// Content-Security-Policy is one), an uncaught exception. Chromium also complains of every 4xx; where that
// is the API's, it is an answer like any other.
export function watch(page, origin, api = "/graphql") {
  const problems = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== "data:") problems.push(`request to ${url}`);
  });
  page.on("console", (message) => {
    const isAnswer = new URL(message.location().url || origin).pathname === api;
    if (["error", "warning"].includes(message.type()) && !isAnswer) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  return problems;
}

/** Presses Tab and checks that what has the focus then has a ring that can be seen, until it is there for the second time. */
export async function assertRings(page, there) {
  const controls = new Set();
  for (let visits = 0; visits < 2; visits += await isFocused(there)) {
    await page.keyboard.press("Tab");
    // After the last control the focus leaves the page.
    if (await page.evaluate(() => document.activeElement === document.body)) continue;
    const { control, ...ring } = await page.evaluate(() => {
      // The field that takes an editor's text is hidden.
      const element = document.activeElement.closest(".graphiql-editor") ?? document.activeElement;
      const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
      const control = element.outerHTML.slice(0, 150);
      const isWide = Number.parseFloat(outlineWidth) >= 2;
      return { control, style: outlineStyle, isWide, isOpaque: /^rgb\(/.test(outlineColor) };
    });
    assert.deepEqual(ring, { style: "solid", isWide: true, isOpaque: true }, control);
    controls.add(control);
  }
  return controls.size;
}

const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);

class Playground {
  constructor(page, problems) {
    this.page = page;
    this.problems = problems;
    this.token = page.getByLabel("API token", { exact: true });
    this.operation = page.locator(".graphiql-query-editor .monaco-editor");
    this.variables = page.locator(".graphiql-editor-tool .monaco-editor");
    this.answer = page.locator(".graphiql-response .view-lines");
  }

  /** Waits for the page and its editor; to be called before the page begins to load. */
  async ready() {
    await this.page.waitForEvent("load");
    await this.operation.locator(".view-line").first().waitFor();
  }

  tab(name) {
    return this.page.getByRole("tablist").getByRole("button", { name, exact: true });
  }

  async openTab(name) {
    await this.tab(name).click();
    await this.hasRead(name);
  }

  /** Pastes over what is there. Typing would close each bracket and quote twice. */
  async write(editor, text) {
    await editor.locator(".view-lines").click();
    await this.page.keyboard.press("ControlOrMeta+A");
    await editor.locator("textarea").evaluate((area, text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, text);
  }

  /** GraphiQL reads, and stores, what is in the editor a tenth of a second after the last change: no person runs it sooner. */
  async hasRead(text) {
    await this.page.waitForFunction((text) => localStorage.getItem("graphiql:query")?.includes(text), text);
  }

  /** The same of the variables. */
  async hasReadVariables(text) {
    await this.page.waitForFunction((text) => localStorage.getItem("graphiql:variables")?.includes(text), text);
  }

  /** Waits until the editor underlines the word in red, and gives the reason when asked. */
  async underlines(editor, word, reason) {
    await editor.locator(".squiggly-error").first().waitFor();
    await editor.getByText(word, { exact: true }).hover();
    await this.page.locator(".monaco-hover").getByText(reason).first().waitFor();
  }

  /** Runs the operation and waits until the answer shows the text. */
  async runAndSee(text) {
    await this.page.getByRole("button", { name: /^Execute query/ }).click();
    await this.sees(text);
  }

  async sees(text) {
    await this.answer.getByText(text).first().waitFor();
  }

  /** Waits until the answer's first Persian text reads from the right: its last character stands left of its first one. */
  readsFromTheRight(first, last) {
    return this.page.waitForFunction(
      (characters) => {
        const spans = [...document.querySelectorAll(".graphiql-response .view-line span span")];
        const text = spans.find((span) => /[\u0600-\u06ff]/.test(span.textContent))?.firstChild;
        if (!text) return false;
        const [first, last] = characters.map((character) => {
          const range = document.createRange();
          const start = text.textContent.indexOf(character);
          range.setStart(text, start);
          range.setEnd(text, start + 1);
          return range.getBoundingClientRect();
        });
        // The editor colours the text later, in elements of its own: one that was replaced has no width.
        return last.width > 0 && last.right <= first.left;
      },
      [first, last],
    );
  }

  /** Waits until the keyboard leads there. */
  async hasFocus(locator) {
    const element = await locator.elementHandle();
    await this.page.waitForFunction((element) => element === document.activeElement, element);
  }

  /** Presses Tab until it leads there. */
  async reach(locator, key = "Tab") {
    for (let presses = 0; presses < 40; presses += 1) {
      if (await isFocused(locator)) return;
      await this.page.keyboard.press(key);
    }
    throw new Error(`${key} does not lead to ${locator}`);
  }

  /** All that the page leaves on the machine after the tab is gone. */
  stored() {
    return this.page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie);
  }

  close() {
    return this.page.context().close();
  }
}

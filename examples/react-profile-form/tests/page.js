// What a customer sees and does on the page.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  });

/** A page on which nothing is stored. Its `problems` must be empty at the end of a test. */
export async function openPage(browser, shop, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  const form = new FormPage(page, shop);
  // The picture of the demonstration customer exists nowhere.
  await page.route("**/media/**", (route) => route.fulfill({ contentType: "image/svg+xml", body: PICTURE }));
  await page.goto(shop.address);
  return form;
}

const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#7a5" d="M0 0h8v8H0z"/>
<circle cx="4" cy="3" r="1.6" fill="#fff"/><path fill="#fff" d="M1 8a3 3 0 0 1 6 0z"/></svg>`;

class FormPage {
  constructor(page, shop) {
    this.page = page;
    this.shop = shop;
    this.status = page.getByRole("status");
    this.problems = [];
    page.on("console", (message) => {
      // Chromium reports each 4xx and each picture that cannot be loaded.
      const isAnswer = message.text().startsWith("Failed to load resource");
      if (["error", "warning"].includes(message.type()) && !isAnswer) this.problems.push(message.text());
    });
    page.on("pageerror", (error) => this.problems.push(String(error)));
  }

  /** Signs in with the keyboard alone. */
  async enter(token = this.shop.token) {
    await this.page.locator("#token").focus();
    await this.page.keyboard.insertText(token);
    await this.page.keyboard.press("Enter");
  }

  field(name) {
    return this.page.locator(`[name="${name}"]`);
  }

  async type(name, text) {
    await this.field(name).fill(text);
  }

  /** The text of a field's error, and its code; waits for it. */
  async error(name) {
    const error = this.page.locator(`#${name}-errors p`);
    await error.waitFor();
    return { code: await error.getAttribute("data-code"), message: await error.textContent() };
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  sees(text) {
    return this.page.getByText(text).first().waitFor();
  }

  /** The next request of the operation. */
  request(operation) {
    return this.page.waitForRequest((request) => request.postDataJSON()?.operationName === operation);
  }

  /** What axe finds wrong. */
  async violations() {
    // The page's own policy allows no foreign script; evaluate is not subject to it.
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate(() => window.axe.run());
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  }

  /** Whether the page must be scrolled sideways. */
  isTooWide() {
    return this.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  }

  /** A picture of the page, when SCREENSHOTS names a folder. */
  async picture(name) {
    const folder = process.env.SCREENSHOTS;
    if (folder) await this.page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }

  close() {
    return this.page.context().close();
  }
}

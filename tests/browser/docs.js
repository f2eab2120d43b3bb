// What a person sees and does on the reference of the REST API.
import { watch } from "./playground.js";

export const ME = "/api/shop/customers/me";

/** A page with nothing stored, in a browser context of its own. Its `problems` must be empty at the end of a test. */
export async function openDocs(browser, address, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, ...options });
  const page = await context.newPage();
  const problems = watch(page, new URL(address).origin, ME);
  const docs = new Docs(page, problems);
  await page.goto(address);
  await docs.ready();
  return docs;
}

class Docs {
  constructor(page, problems) {
    this.page = page;
    this.problems = problems;
    this.token = page.getByLabel("API token", { exact: true });
  }

  async ready() {
    await this.page.locator(".opblock").nth(3).waitFor();
  }

  operation(method) {
    return this.page.locator(`.opblock-${method}`);
  }

  /** Opens an operation; it is ready to be tried. */
  async open(method) {
    await this.operation(method).locator("button.opblock-summary-control").click();
    await this.operation(method).getByRole("button", { name: "Execute" }).waitFor();
  }

  /** The documented responses that are one line each. */
  folded(method) {
    return this.operation(method).locator(".folded-response");
  }

  async openResponses(method) {
    for (const button of await this.folded(method).getByRole("button").all()) await button.click();
  }

  async write(body) {
    await this.operation("patch").locator("textarea.body-param__text").fill(JSON.stringify(body));
  }

  /** Sends the request and gives what the page shows of the answer. */
  async execute(method) {
    const operation = this.operation(method);
    await operation.getByRole("button", { name: "Execute" }).click();
    const live = operation.locator(".live-responses-table .response");
    await live.waitFor();
    return { status: (await live.locator(".response-col_status").innerText()).trim(), text: await live.innerText() };
  }

  /** All that the page leaves on the machine after the tab is gone. */
  stored() {
    return this.page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie);
  }

  close() {
    return this.page.context().close();
  }
}

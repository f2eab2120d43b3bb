// The picture of the README, from the demo: `npm run picture`.
import { fileURLToPath } from "node:url";
import { launch } from "./chromium.js";
import { openPlayground } from "./playground.js";
import { openDemo } from "./shop.js";

const browser = await launch();
const demo = await openDemo();
const playground = await openPlayground(browser, demo.address, {
  viewport: { width: 1600, height: 800 },
  colorScheme: "light",
});
await playground.runAndSee("behrooz3500");
await playground.page.getByRole("button", { name: "Show Documentation Explorer" }).click();
await playground.page.getByText("Query", { exact: true }).first().waitFor();
// The colours come last.
await playground.page.waitForFunction(() => {
  const words = [...document.querySelectorAll(".graphiql-query-editor .view-line span span")];
  const colour = (name) => words.find((word) => word.textContent.trim() === name)?.className;
  return colour("version") && colour("version") === colour("id") && colour("version") !== "mtk1";
});
await playground.page.mouse.move(0, 0);
await playground.page.evaluate(() => document.activeElement?.blur());
const path = fileURLToPath(new URL("../../docs/playground.png", import.meta.url));
await playground.page.screenshot({ path, animations: "disabled" });
await browser.close();
await demo.close();

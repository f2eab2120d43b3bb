// How many bytes the pages load: `npm run weigh`.
import { launch } from "./chromium.js";
import { openDocs } from "./docs.js";
import { openPlayground } from "./playground.js";
import { openShop } from "./shop.js";

const browser = await launch();
const shop = await openShop();
await weigh("GraphiQL", await openPlayground(browser, `${shop.origin}/graphiql`));
await weigh("The reference of the REST API", await openDocs(browser, `${shop.origin}/docs`));
await browser.close();
await shop.close();

async function weigh(name, { page }) {
  await page.waitForLoadState("networkidle");
  const { paint, loads } = await page.evaluate(() => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    const loads = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    return { paint: paint.startTime, loads: loads.map((load) => load.toJSON()) };
  });
  console.log(name);
  report("  first paint", loads.filter((load) => load.responseEnd <= paint));
  report("  ready", loads);
}

function report(what, loads) {
  loads = [...new Map(loads.map((load) => [load.name, load])).values()]; // a worker started twice is loaded once
  const sum = (size) => loads.reduce((total, load) => total + load[size], 0).toLocaleString("en");
  console.log(`${what}: ${sum("encodedBodySize")} bytes compressed, ${sum("decodedBodySize")} bytes not`);
}

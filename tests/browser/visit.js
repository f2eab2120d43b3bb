// The server, the browser and the page that the tests of the playground in one file share.
import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import { launch } from "./chromium.js";
import { openPlayground } from "./playground.js";
import { openShop } from "./shop.js";

/** A shop for the whole file, and the page of the test that runs. */
export let shop, playground;

let browser;
const servers = [];

before(async () => {
  browser = await launch();
  shop = keep(await openShop());
});

after(async () => {
  await browser?.close();
  for (const server of servers) await server.close();
});

afterEach(async () => {
  const { problems } = playground;
  await playground.close();
  assert.deepEqual(problems, []);
});

/** Ends the server when the pages are closed: an editor may fetch a part of its code late. */
export function keep(server) {
  servers.push(server);
  return server;
}

export async function arriveAt(address, options) {
  playground = await openPlayground(browser, address, options);
  return playground;
}

export const arrive = (options) => arriveAt(`${shop.origin}/graphiql`, options);

export const arriveWithToken = (options) => arriveAt(`${shop.origin}/graphiql#token=${shop.token}`, options);

export async function arriveAtOwnShop(options) {
  const own = keep(await openShop(options));
  await arriveAt(own.origin);
  return own;
}

export const TELEPHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

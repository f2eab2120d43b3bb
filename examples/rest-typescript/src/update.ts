// Updates the profile of the customer whose API token is in TOKEN, and prints it.
import { type CustomerPatch, openShop, ShopError } from "./profile.js";

const EXAMPLE: CustomerPatch = { first_name: "John", last_name: "Doe", gender: "male" };

const { TOKEN, SHOP_URL = "http://127.0.0.1:8000" } = process.env;
if (!TOKEN) throw new Error("TOKEN must be the API token");
const [changes] = process.argv.slice(2);
const patch: CustomerPatch = changes ? JSON.parse(changes) : EXAMPLE;

try {
  const shop = openShop(SHOP_URL, TOKEN);
  const { etag } = await shop.read();
  const outcome = await shop.update(patch, etag);
  switch (outcome.kind) {
    case "updated":
      console.log(JSON.stringify(outcome.customer, null, 2));
      break;
    case "wrong":
      for (const [field, messages] of Object.entries(outcome.errors)) console.error(`${field}: ${messages?.join(" ")}`);
      process.exitCode = 1;
      break;
    case "conflict":
      console.error("Somebody else has changed the profile: look at it and start again.");
      process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof ShopError)) throw error;
  console.error(`not updated: ${error.message}`);
  process.exitCode = 1;
}

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, openPage } from "./page.js";
import { openShop } from "./shop.js";

const NAMES = { first_name: "Sara", last_name: "Ahmadi", gender: "female", username: "sara" };
let browser, shop, form;

before(async () => {
  [browser, shop] = await Promise.all([launch(), openShop()]);
});

after(async () => {
  await browser?.close();
  await shop?.close();
});

beforeEach(async () => {
  await shop.update(NAMES);
  form = await openPage(browser, shop);
});

afterEach(async () => {
  await form.close();
  assert.deepEqual(form.problems, []);
});

/** Signs in and waits for the form. */
async function open() {
  await form.enter();
  await form.field("username").waitFor();
}

/** Another device of the customer changes the profile. */
const elsewhere = (changes) => shop.update(changes);

test("a wrong token shows the server's message, and another one may be entered", async () => {
  await form.enter("unknown");
  await form.sees("Invalid token.");
  await form.button("Close").click();
  await open();
  assert.equal(await form.field("firstName").inputValue(), "Sara");
});

test("a server that cannot be reached is asked again at a click", async () => {
  await form.page.route("**/graphql", (route) => route.abort());
  await form.enter();
  await form.sees("The shop cannot be reached.");
  await form.page.unroute("**/graphql");
  await form.button("Try again").click();
  await form.field("username").waitFor();
});

test("the token outlives a reload of the tab, and is stored nowhere else", async () => {
  await open();
  await form.page.reload();
  await form.field("username").waitFor();
  assert.equal(await form.page.evaluate(() => JSON.stringify(localStorage) + document.cookie), "{}");
  await form.button("Close").click();
  assert.ok(!(await form.page.evaluate(() => JSON.stringify(sessionStorage))).includes(shop.token));
});

test("an empty profile shows empty fields without errors, and says what is missing", async () => {
  await elsewhere({ first_name: "", last_name: "", gender: null, avatar: null });
  await open();
  await form.sees("Your profile is not complete");
  assert.equal(await form.page.locator("[aria-invalid=true]").count(), 0);
  await form.picture("empty");
});

test("the dry run shows an error under its field while the customer types, and writes nothing", async () => {
  await open();
  await form.type("username", "not allowed!");
  const { code, message } = await form.error("username");
  assert.equal(code, "INVALID");
  assert.match(message, /^Enter a valid username\./);
  assert.equal(await form.field("username").getAttribute("aria-invalid"), "true");
  const described = await form.field("username").getAttribute("aria-describedby");
  assert.ok(described.split(" ").includes("username-errors"));
  assert.equal((await shop.read()).username, "sara");

  await form.type("username", "sara2");
  await form.sees("You will be shown as Sara Ahmadi");
  assert.equal(await form.field("username").getAttribute("aria-invalid"), "false");
  assert.equal((await shop.read()).username, "sara");
});

test("the dry run sends what has changed, once the customer stops typing", async () => {
  await open();
  const checks = [];
  form.page.on("request", (request) => {
    if (request.postDataJSON()?.operationName === "Check") checks.push(request.postDataJSON().variables.input);
  });
  await form.field("firstName").fill("");
  await form.field("firstName").pressSequentially("Zoë", { delay: 20 });
  await form.sees("You will be shown as Zoë Ahmadi");
  const { ifVersion, ...changes } = checks.at(-1);
  assert.deepEqual(changes, { firstName: "Zoë" });
  assert.ok(ifVersion);
  assert.equal(checks.length, 1, JSON.stringify(checks));
});

test("the answer to an input that is no longer there is never shown", async () => {
  await open();
  const held = new Promise((resolve) => {
    // The first dry run is not answered until the second one was.
    form.page.route("**/graphql", (route) => resolve(route), { times: 1 });
  });
  await form.type("username", "");
  const cancelled = form.page.waitForEvent("requestfailed");
  await held;
  await form.type("username", "sara3");
  assert.match((await cancelled).failure().errorText, /ABORTED/);
  await form.sees("You will be shown as");
  assert.equal(await form.page.locator(".errors p").count(), 0);
});

test("saving stores the changes and says so", async () => {
  await open();
  await form.type("firstName", "  Zoë ");
  await form.field("gender").selectOption("Not specified");
  await form.button("Save").click();
  await form.sees("Saved.");
  await form.sees("Your profile is not complete");
  assert.equal(await form.field("firstName").inputValue(), "Zoë", "as it was stored");
  const { first_name, gender, last_name } = await shop.read();
  assert.deepEqual({ first_name, gender, last_name }, { first_name: "Zoë", gender: null, last_name: "Ahmadi" });
  await form.picture("saved");
});

test("saving wrong fields shows each error and leads to the first", async () => {
  await open();
  await form.type("lastName", "x".repeat(151));
  await form.type("avatar", "example.com/me.png");
  await form.button("Save").click();
  assert.equal((await form.error("lastName")).code, "TOO_LONG");
  assert.equal((await form.error("avatar")).message, "Enter a valid URL.");
  await form.page.waitForFunction(() => document.activeElement.name === "lastName");
  assert.equal((await shop.read()).last_name, "Ahmadi");
  await form.picture("error");
});

for (const [choice, expected] of [
  ["Keep my changes", { first_name: "Mine", last_name: "Elsewhere" }],
  ["Use the new profile", { first_name: "Theirs", last_name: "Elsewhere" }],
]) {
  test(`a change meanwhile is shown when saving, and the customer chooses "${choice}"`, async () => {
    await open();
    await form.type("firstName", "Mine");
    await form.sees("You will be shown as Mine Ahmadi");
    await elsewhere({ first_name: "Theirs", last_name: "Elsewhere" });
    await form.button("Save").click();
    const conflict = form.page.getByRole("alert");
    await conflict.waitFor();
    const rows = await conflict.locator("tbody tr").allInnerTexts();
    assert.deepEqual(rows, ["First name\tTheirs\tMine", "Last name\tElsewhere\t–"]);
    await form.page.waitForFunction(() => document.activeElement.getAttribute("role") === "alert");
    assert.equal((await shop.read()).first_name, "Theirs", "nothing is overwritten unasked");
    await form.picture("conflict");

    await form.button(choice).click();
    await conflict.waitFor({ state: "detached" });
    await form.button("Save").click();
    await form.sees("Saved.");
    const { first_name, last_name } = await shop.read();
    assert.deepEqual({ first_name, last_name }, expected);
  });
}

test("a change meanwhile is found while the customer types, without taking the focus away", async () => {
  await open();
  await elsewhere({ last_name: "Elsewhere" });
  await form.field("firstName").fill("Mine");
  await form.page.getByRole("alert").waitFor();
  assert.equal(await form.page.evaluate(() => document.activeElement.name), "firstName");
});

test("a server that cannot be reached loses nothing that was typed", async () => {
  await open();
  await form.page.route("**/graphql", (route) => route.abort());
  await form.type("firstName", "Mine");
  await form.button("Save").click();
  await form.sees("The shop cannot be reached.");
  await form.page.unroute("**/graphql");
  await form.button("Save").click();
  await form.sees("Saved.");
  assert.equal((await shop.read()).first_name, "Mine");
});

test("the picture is loaded only from an address that the server has accepted, and without a referrer", async () => {
  await open();
  const loaded = [];
  form.page.on("request", (request) => request.resourceType() === "image" && loaded.push(request));
  await form.type("avatar", "javascript:alert(1)");
  assert.equal((await form.error("avatar")).code, "INVALID");
  assert.deepEqual(loaded, []);
  const picture = form.page.waitForRequest("**/media/new.png");
  await form.type("avatar", "http://127.0.0.1:8000/media/new.png");
  assert.equal((await (await picture).allHeaders()).referer, undefined);
});

test("the keyboard alone fills in and saves the form", async () => {
  await open();
  await form.field("username").focus();
  await form.page.keyboard.press("Tab");
  await form.page.keyboard.insertText("Zoë");
  await form.page.keyboard.press("Tab");
  await form.page.keyboard.press("Tab");
  await form.page.keyboard.press("m");
  await form.page.keyboard.press("Tab");
  await form.page.keyboard.press("Tab");
  assert.equal(await form.page.evaluate(() => document.activeElement.textContent), "Save");
  await form.page.keyboard.press("Enter");
  await form.sees("Saved.");
  const { first_name, gender } = await shop.read();
  assert.deepEqual({ first_name, gender }, { first_name: "Zoë", gender: "male" });
});

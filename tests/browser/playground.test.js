import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { launch } from "./chromium.js";
import { openPlayground } from "./playground.js";
import { openDemo, openShop } from "./shop.js";

let browser, shop, persian, demo, playground;

before(async () => {
  browser = await launch();
  shop = await openShop();
  persian = await openShop(["--language", "fa"]);
  demo = await openDemo();
});

after(async () => {
  await browser?.close();
  await shop?.close();
  await persian?.close();
  await demo?.close();
  for (const own of ownShops) await own.close();
});

// They stay until the pages are closed: an editor may fetch a part of its code late.
const ownShops = [];

const arriveAtOwnShop = async (options) => {
  const own = await openShop(options);
  ownShops.push(own);
  playground = await openPlayground(browser, own.origin);
  return own;
};

afterEach(async () => {
  const { problems } = playground;
  await playground.close();
  assert.deepEqual(problems, []);
});

const arrive = async (options) => {
  playground = await openPlayground(browser, `${shop.origin}/graphiql`, options);
  return playground;
};

const arriveWithToken = async () => {
  playground = await openPlayground(browser, `${shop.origin}/graphiql#token=${shop.token}`);
  return playground;
};

test("the server's root leads to the page, which has both operations ready", async () => {
  playground = await openPlayground(browser, shop.origin);
  assert.equal(new URL(playground.page.url()).pathname, "/graphiql");
  await playground.tab("Me").waitFor();
  await playground.openTab("UpdateMyProfile");
  await playground.variables.getByText('"FEMALE"').waitFor();
});

test("the documentation is that of our schema, and needs no token", async () => {
  const { page } = await arrive();
  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  await page.getByRole("link", { name: "Mutation", exact: true }).click();
  await page.getByRole("link", { name: "updateMyProfile", exact: true }).click();
  await page.getByText("if one field is invalid, nothing is written").waitFor();
});

test("completion offers the fields of our schema", async () => {
  const { page, operation } = await arrive();
  await playground.write(operation, "{ me { nonsense } }");
  await playground.underlines(operation, "nonsense", 'Cannot query field "nonsense" on type "Customer".');
  await playground.write(operation, "{ me { isProfile");
  await page.keyboard.press("Control+Space");
  await page.locator(".suggest-widget").getByRole("option", { name: /^isProfileCompleted/ }).waitFor();
});

test("without a token `me` shows the 401's own words", async () => {
  await arrive();
  await playground.runAndSee('"Authentication credentials were not provided."');
  await playground.sees('"UNAUTHENTICATED"');
});

test("a token that is not valid is outlined and has the focus, until it is changed", async () => {
  const { token } = await arrive();
  assert.equal(await token.getAttribute("aria-invalid"), "false");
  await token.fill("shp_wrong");
  await playground.runAndSee('"Invalid token."');
  await playground.hasFocus(token);
  assert.equal(await token.getAttribute("aria-invalid"), "true");
  const outline = await token.evaluate((element) => getComputedStyle(element).outlineStyle);
  assert.equal(outline, "solid");
  await token.fill(shop.token);
  assert.equal(await token.getAttribute("aria-invalid"), "false");
  await playground.runAndSee('"sara"');
});

test("with introspection off the documentation and the completion are there", async () => {
  await arriveAtOwnShop(["--introspection", "off"]);
  const { page, operation } = playground;
  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  await page.getByText("The profile of a shop's customer").waitFor();
  await page.getByRole("link", { name: "Mutation", exact: true }).waitFor();
  await playground.write(operation, "{ me { nonsense } }");
  await playground.underlines(operation, "nonsense", 'Cannot query field "nonsense" on type "Customer".');
});

test("a server that is gone is said in words, without a stack", async () => {
  const gone = await openShop();
  playground = await openPlayground(browser, gone.origin);
  await playground.runAndSee('"UNAUTHENTICATED"');
  await playground.page.waitForLoadState("networkidle");
  await gone.close();
  await playground.runAndSee("The server cannot be reached. Is it still running?");
  const answer = await playground.answer.innerText();
  assert.ok(!/stack|Failed to fetch|\.js/.test(answer), answer);
});

test("the page names the product, links the reference, and says first what the schema is", async () => {
  const { page } = await arrive();
  await page.getByRole("heading", { level: 1, name: "shop-profile" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "REST API" }).getAttribute("href"), "/docs");
  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  await page.getByText("The profile of a shop's customer").waitFor();
  await page.getByText("with every request. It decides which customer").waitFor();
});

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
  const { page } = await arrive({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const box = (selector) => page.locator(selector).boundingBox();
  const [editors, response] = [await box(".graphiql-editors"), await box(".graphiql-response")];
  assert.ok(response.y >= editors.y + editors.height, "the response is below the editors");
  for (const { x, width } of [editors, response]) assert.ok(x >= 0 && width > 300 && x + width <= 390, `${x} ${width}`);
  assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth), 390);
  await playground.runAndSee('"UNAUTHENTICATED"');
});

test("from load to a saved change by the keyboard alone", async () => {
  const own = await arriveAtOwnShop();
  const { page, operation, token } = playground;
  const editor = operation.locator("textarea");
  await playground.hasFocus(editor);
  await page.keyboard.press("ControlOrMeta+Enter");
  await playground.sees('"UNAUTHENTICATED"');
  await playground.hasFocus(token);
  await page.keyboard.insertText(own.token);
  await playground.reach(playground.tab("UpdateMyProfile"), "Shift+Tab");
  await page.keyboard.press("Enter");
  await playground.hasRead("UpdateMyProfile");
  await playground.reach(token);
  await page.keyboard.press("Enter");
  await playground.hasFocus(editor);
  await page.keyboard.press("ControlOrMeta+Enter");
  await playground.sees('"Sara Ahmadi"');
  assert.equal((await own.customer()).full_name, "Sara Ahmadi");
});

test("after Ctrl-M, which the example names, Tab leads out of the editor and changes nothing in it", async () => {
  const { page, operation, token } = await arrive();
  await playground.hasFocus(operation.locator("textarea"));
  const text = await operation.locator(".view-lines").innerText();
  assert.match(text.replaceAll("\u00a0", " "), /Ctrl-M/);
  await page.keyboard.press("Control+M");
  await playground.reach(token);
  assert.equal(await operation.locator(".view-lines").innerText(), text);
  await page.keyboard.insertText(shop.token);
  await page.keyboard.press("Enter");
  await playground.hasFocus(operation.locator("textarea"));
  assert.equal(await operation.locator(".view-lines").innerText(), text);
});

test("a token is taken out of what stands around it, and one that no header can carry is named", async () => {
  const { token } = await arrive();
  await token.fill(`"Authorization: Token ${shop.token}"`);
  await playground.runAndSee("fullName");
  await token.fill("توکن");
  await playground.runAndSee("a character that no token has");
});

test("with the token typed in, the keyboard alone shows the customer", async () => {
  const { token, page } = await arrive();
  await token.focus();
  await page.keyboard.insertText(shop.token);
  await playground.operation.locator("textarea").focus();
  await page.keyboard.press("ControlOrMeta+Enter");
  await playground.sees('"sara"');
});

test("the update changes the database", async () => {
  await arriveWithToken();
  assert.equal((await shop.customer()).gender, null);
  await playground.openTab("UpdateMyProfile");
  await playground.runAndSee('"Sara Ahmadi"');
  const { first_name, last_name, gender } = await shop.customer();
  assert.deepEqual({ first_name, last_name, gender }, { first_name: "Sara", last_name: "Ahmadi", gender: "female" });
});

test("a gender that does not exist is underlined before it is sent", async () => {
  const { page, operation, variables } = await arriveWithToken();
  const sent = [];
  page.on("request", (request) => sent.push(request.url()));
  await playground.openTab("UpdateMyProfile");
  await playground.write(variables, '{"input": {"gender": "ROBOT"}}');
  await playground.underlines(variables, '"ROBOT"', 'Valid values: "MALE", "FEMALE"');
  await playground.write(operation, "mutation { updateMyProfile(input: {gender: ROBOT}) { customer { id } } }");
  await playground.underlines(operation, "ROBOT", 'Value "ROBOT" does not exist in "Gender" enum.');
  assert.deepEqual(sent.filter((url) => url.endsWith("/graphql")), []);
});

test("a field that breaks a rule comes back as a user error, and nothing is written", async () => {
  await arriveWithToken();
  const before = await shop.customer();
  await playground.openTab("UpdateMyProfile");
  await playground.write(playground.variables, '{"input": {"username": "not allowed!", "lastName": "X"}}');
  await playground.runAndSee('"INVALID"');
  await playground.sees("Enter a valid username.");
  assert.deepEqual(await shop.customer(), before);
});

test("a reload keeps the tabs and the token; another browser session has neither", async () => {
  const { page, operation } = await arriveWithToken();
  await page.getByRole("button", { name: "New tab" }).click();
  await playground.write(operation, "query Mine { me { username } }");
  await playground.tab("Mine").waitFor();
  // GraphiQL writes its tabs half a second after the last change.
  await page.waitForFunction(() => localStorage.getItem("graphiql:tabState")?.includes("Mine"));
  await Promise.all([page.reload(), playground.ready()]);
  await playground.tab("Mine").waitFor();
  assert.equal(await playground.token.inputValue(), shop.token);
  await playground.runAndSee('"sara"');
  await playground.close();

  await arrive();
  assert.equal(await playground.token.inputValue(), "");
  assert.equal(await playground.tab("Mine").count(), 0);
});

test("at a click everything is forgotten: the token, the tabs and the history with its variables", async () => {
  const { page } = await arriveWithToken();
  await playground.openTab("UpdateMyProfile");
  await playground.write(playground.variables, '{"input": {"lastName": "Secretname"}}');
  await playground.hasReadVariables("Secretname");
  await playground.runAndSee('"userErrors": []');
  assert.match(await playground.stored(), /Secretname/);
  await Promise.all([page.getByRole("button", { name: "Forget" }).click(), playground.ready()]);
  assert.equal(await playground.token.inputValue(), "");
  assert.ok(!(await playground.stored()).includes("Secretname"), "the history is still there");
  assert.ok(await page.getByRole("button", { name: "Forget" }).isDisabled(), "there is nothing to forget");
  await playground.runAndSee('"UNAUTHENTICATED"');
});

test("the token leaves the address at once and is stored nowhere that outlives the tab", async () => {
  const { page, token } = await arriveWithToken();
  assert.equal(page.url(), `${shop.origin}/graphiql`);
  await playground.runAndSee('"sara"');
  await page.getByRole("button", { name: "Show History" }).click();
  await page.getByRole("listitem").filter({ hasText: "Me" }).first().waitFor();
  const stored = await playground.stored();
  assert.match(stored, /graphiql:queries/);
  assert.ok(!stored.includes(shop.token), "the token is in what the page stores");

});

test("a link does not replace the token of a tab unasked", async () => {
  const { page, token } = await arriveWithToken();
  const answers = [false, true];
  page.on("dialog", async (dialog) => {
    assert.match(dialog.message(), /another API token/);
    await (answers.shift() ? dialog.accept() : dialog.dismiss());
  });
  // Following such a link in the same tab loads no page: only the fragment changes.
  const follow = async (fragment) => {
    await page.goto(`${shop.origin}/graphiql#token=${fragment}`);
    await page.waitForURL(`${shop.origin}/graphiql`);
    return token.inputValue();
  };
  assert.equal(await follow(shop.token), shop.token, "the same token: nothing to ask");
  assert.equal(await follow("shp_another"), shop.token);
  assert.equal(await follow("shp_another"), "shp_another");
  assert.deepEqual(answers, []);
});

test("the address that `serve --demo` prints shows the demo customer", async () => {
  playground = await openPlayground(browser, demo.address);
  await playground.runAndSee('"behrooz3500"');
});

test("a Persian message reads from right to left", async () => {
  playground = await openPlayground(browser, `${persian.origin}/graphiql#token=${persian.token}`);
  await playground.write(
    playground.operation,
    "mutation { updateMyProfile(input: { firstName: null }) { userErrors { message } } }",
  );
  await playground.hasRead("firstName");
  const message = "این مقدار نباید توهی باشد.";
  await playground.runAndSee(message.split(" ")[0]);
  await playground.readsFromTheRight(message.at(0), message.at(-1));
});

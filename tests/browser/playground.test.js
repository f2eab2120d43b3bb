// What the playground shows, and what it does to the database.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDemo, openShop } from "./shop.js";
import { arrive, arriveAt, arriveAtOwnShop, arriveWithToken, keep, playground, shop } from "./visit.js";

test("the server's root leads to the page, which has both operations ready", async () => {
  await arriveAt(shop.origin);
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
  await arriveAt(gone.origin);
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

test("the address that `serve --demo` prints shows the demo customer", async () => {
  const demo = keep(await openDemo());
  await arriveAt(demo.address);
  await playground.runAndSee('"behrooz3500"');
});

test("a Persian message reads from right to left", async () => {
  const persian = keep(await openShop(["--language", "fa"]));
  await arriveAt(`${persian.origin}/graphiql#token=${persian.token}`);
  await playground.write(
    playground.operation,
    "mutation { updateMyProfile(input: { firstName: null }) { userErrors { message } } }",
  );
  await playground.hasRead("firstName");
  const message = "این مقدار نباید توهی باشد.";
  await playground.runAndSee(message.split(" ")[0]);
  await playground.readsFromTheRight(message.at(0), message.at(-1));
});

// What every client must be able to do, written once.
//
// A client is an adapter: `connect({ url, headers, fetch, record })` gives `execute` and `executePersisted`, each a
// function of a document and its variables that answers `{ data, errors }`. Adapters either use the given `fetch` or
// tell `record` of each exchange themselves: `{ text, status, type, challenge }`, where `text` says whether the
// document's text was sent.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { recordingFetch, startServer } from "./support.mjs";

const READ = "query Me { me { firstName lastName gender avatar } }";
/** Not READ: a server may well know a text that it has seen without its hash. */
const PERSISTED = READ.replace("Me", "PersistedMe");
const PAYLOAD = "{ customer { firstName lastName gender avatar } userErrors { field code message } }";
const UPDATE = `mutation Update($input: UpdateMyProfileInput!) { updateMyProfile(input: $input) ${PAYLOAD} }`;
const UPDATE_BY_FIELD = `mutation UpdateByField($firstName: String, $gender: Gender, $avatar: String) {
  updateMyProfile(input: { firstName: $firstName, gender: $gender, avatar: $avatar }) ${PAYLOAD}
}`;

/** The customer before each behaviour, as each API shows her. */
const STORED = { first_name: "Sara", last_name: "Ahmadi", gender: "female", avatar: "https://shop.example/sara.png" };
const SHOWN = { firstName: "Sara", lastName: "Ahmadi", gender: "FEMALE", avatar: "https://shop.example/sara.png" };
const shownAfter = (change) => ({ updateMyProfile: { customer: { ...SHOWN, ...change }, userErrors: [] } });

/** `stored` is what the request changed; `code` is that of the one error expected. */
const BEHAVIOURS = [
  {
    title: "reads the customer",
    document: READ,
    data: { me: SHOWN },
  },
  {
    title: "updates two fields and no other",
    document: UPDATE,
    variables: { input: { firstName: "زهرا", gender: "MALE" } },
    data: shownAfter({ firstName: "زهرا", gender: "MALE" }),
    stored: { first_name: "زهرا", gender: "male" },
  },
  {
    title: "clears fields with null",
    document: UPDATE,
    variables: { input: { avatar: null, gender: null } },
    data: shownAfter({ avatar: null, gender: null }),
    stored: { avatar: null, gender: null },
  },
  {
    title: "keeps the fields whose variables it leaves unset",
    document: UPDATE_BY_FIELD,
    variables: { firstName: "Zahra", gender: undefined },
    data: shownAfter({ firstName: "Zahra" }),
    stored: { first_name: "Zahra" },
  },
  {
    title: "is told of every wrong field, and nothing is stored",
    document: UPDATE,
    variables: { input: { lastName: "Karimi", firstName: "x".repeat(151), username: "" } },
    data: {
      updateMyProfile: {
        customer: null,
        userErrors: [
          { field: ["username"], code: "BLANK", message: "This field may not be blank." },
          {
            field: ["firstName"],
            code: "TOO_LONG",
            message: "Ensure this field has no more than 150 characters.",
          },
        ],
      },
    },
  },
  {
    title: "is told of an unknown field",
    document: "query Unknown { me { surname } }",
    code: "GRAPHQL_VALIDATION_FAILED",
    // A request error has a status of its own only in the media type that promises a GraphQL body at any status.
    status: (type) => (type.startsWith("application/graphql-response+json") ? 400 : 200),
  },
  {
    title: "is rejected without a token",
    headers: {},
    document: READ,
    code: "UNAUTHENTICATED",
    status: () => 401,
  },
  {
    title: "is rejected with an unknown token",
    headers: { Authorization: `Token shp_${"0".repeat(46)}` },
    document: READ,
    code: "UNAUTHENTICATED",
    status: () => 401,
  },
];

/** Declares the tests of one client. */
export function testClient(name, connect) {
  describe(name, () => {
    let server;
    before(async () => (server = await startServer()));
    after(() => server?.stop());

    for (const { title, ...behaviour } of BEHAVIOURS) {
      test(title, () => checkBehaviour(server, connect, behaviour));
    }
    test("persists a query: the hash alone, the text when asked, and never again", () =>
      checkPersisted(server, connect));
  });
}

async function checkBehaviour(server, connect, behaviour) {
  const { headers, document, variables, data = null, code, status = () => 200, stored } = behaviour;
  await server.profile.store(STORED);
  const { client, exchanges } = open(server, connect, headers);

  const answer = await client.execute(document, variables);

  const codes = answer.errors?.map((error) => error.extensions.code) ?? [];
  assert.deepEqual(codes, code ? [code] : []);
  assert.deepEqual(withoutTypeNames(answer.data ?? null), data);
  assert.equal(exchanges.length, 1);
  const [exchange] = exchanges;
  assert.equal(exchange.status, status(exchange.type));
  assert.equal(exchange.challenge, exchange.status === 401 ? "Token" : "");
  assert.deepEqual(await storedFields(server), { ...STORED, ...stored });
}

async function checkPersisted(server, connect) {
  await server.profile.store(STORED);
  const sendsText = async () => {
    const { client, exchanges } = open(server, connect);
    const answer = await client.executePersisted(PERSISTED);
    assert.deepEqual(withoutTypeNames(answer.data ?? answer.errors), { me: SHOWN });
    return exchanges.map(({ text }) => text);
  };

  assert.deepEqual(await sendsText(), [false, true]);
  assert.deepEqual(await sendsText(), [false]);
}

/** A new client, so that none answers from a cache of its own. */
function open(server, connect, headers = { Authorization: `Token ${server.token}` }) {
  const exchanges = [];
  const record = (exchange) => exchanges.push(exchange);
  return { client: connect({ url: server.graphql, headers, record, fetch: recordingFetch(record) }), exchanges };
}

async function storedFields(server) {
  const customer = await server.profile.read();
  return Object.fromEntries(Object.keys(STORED).map((name) => [name, customer[name]]));
}

/** Plain data: Apollo Client adds `__typename` to each selection. */
const withoutTypeNames = (data) =>
  JSON.parse(JSON.stringify(data, (name, value) => (name === "__typename" ? undefined : value)));

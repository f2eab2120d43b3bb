// The customer's profile: reading it, and changing it only while it is as it was read.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/api.js";

type Schemas = components["schemas"];
export type Customer = Schemas["Customer"];
export type CustomerPatch = Schemas["CustomerPatch"];
export type FieldErrors = Schemas["FieldErrors"];

/** A profile and the version of it that was read. */
export type Versioned = { customer: Customer; etag: string };

/** What became of an update. */
export type Outcome =
  | ({ kind: "updated" } & Versioned)
  | { kind: "wrong"; errors: FieldErrors }
  | { kind: "conflict" };

const PATH = "/api/shop/customers/me";

/** The server answered in another way than the caller can deal with; `message` is the server's. */
export class ShopError extends Error {
  constructor(readonly status: number, error: Schemas["Detail"] | FieldErrors | undefined) {
    super(error && isDetail(error) ? error.detail : `status ${status}`);
  }
}

/** The API of the customer whom the token belongs to. */
export function openShop(baseUrl: string, token: string) {
  const client = createClient<paths>({ baseUrl, headers: { Authorization: `Token ${token}` } });

  return {
    async read(): Promise<Versioned> {
      const { data, error, response } = await client.GET(PATH);
      if (!data) throw new ShopError(response.status, error);
      return { customer: data, etag: etagOf(response) };
    },

    /** Changes the fields that `body` names and no others, if the profile still has the `etag`. */
    async update(body: CustomerPatch, etag: string): Promise<Outcome> {
      const params = { header: { "If-Match": etag } };
      const { data, error, response } = await client.PATCH(PATH, { params, body });
      if (data) return { kind: "updated", customer: data, etag: etagOf(response) };
      if (response.status === 412) return { kind: "conflict" };
      if (response.status === 400 && error && !isDetail(error)) return { kind: "wrong", errors: error };
      throw new ShopError(response.status, error);
    },
  };
}

function isDetail(error: Schemas["Detail"] | FieldErrors): error is Schemas["Detail"] {
  return typeof error.detail === "string";
}

function etagOf(response: Response): string {
  const etag = response.headers.get("ETag");
  if (!etag) throw new Error("the response has no ETag: is it exposed to this origin?");
  return etag;
}

// The form's values, and how they relate to the profile that it began with.
import type { CheckMutation, ProfileFragment, UpdateMyProfileInput } from "./gql/graphql";

export type Profile = ProfileFragment;
export type UserError = NonNullable<CheckMutation["updateMyProfile"]>["userErrors"][number];

export const FIELDS = ["username", "firstName", "lastName", "gender", "avatar"] as const;
export type FieldName = (typeof FIELDS)[number];

/** What the inputs hold; `""` where the profile has null. */
export type Values = Pick<Profile, "username" | "firstName" | "lastName"> & {
  gender: NonNullable<Profile["gender"]> | "";
  avatar: string;
};

export function valuesOf({ username, firstName, lastName, gender, avatar }: Profile): Values {
  return { username, firstName, lastName, gender: gender ?? "", avatar: avatar ?? "" };
}

export const changedFields = (from: Profile, to: Values) => FIELDS.filter((name) => valuesOf(from)[name] !== to[name]);

/** The changes to `base`, to be made only while it is the present profile; null if there are none. */
export function inputOf(base: Profile, values: Values): UpdateMyProfileInput | null {
  const changed = changedFields(base, values);
  if (changed.length === 0) return null;
  const entries = changed.map((name) => [name, name === "gender" ? values.gender || null : values[name]]);
  return { ...Object.fromEntries(entries), ifVersion: base.version };
}

/** The customer's own changes to `base` on top of the `latest` profile. */
export function rebase(base: Profile, values: Values, latest: Profile): Values {
  const own = changedFields(base, values).map((name) => [name, values[name]]);
  return { ...valuesOf(latest), ...Object.fromEntries(own) };
}

export const isConflict = (errors: UserError[]) => errors.some(({ code }) => code === "CONFLICT");

export const errorsOf = (errors: UserError[], name: FieldName) => errors.filter(({ field }) => field[0] === name);

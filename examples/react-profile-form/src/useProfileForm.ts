import { useApolloClient } from "@apollo/client/react";
import { useState } from "react";
import { flushSync } from "react-dom";
import { ME, UPDATE } from "./operations";
import { inputOf, isConflict, type Profile, rebase, type UserError, type Values, valuesOf } from "./profile";
import { useDryRun } from "./useDryRun";

/** All that the form knows and does; how it looks is ProfileForm's. */
export function useProfileForm(profile: Profile, language: string) {
  const client = useApolloClient();
  /** The profile that the customer's changes are made to. */
  const [base, setBase] = useState(profile);
  const [values, setValues] = useState(() => valuesOf(profile));
  /** The profile as somebody else has changed it meanwhile. */
  const [latest, setLatest] = useState<Profile | null>(null);
  const [phase, setPhase] = useState<"editing" | "saving" | "saved">("editing");
  const [failure, setFailure] = useState<unknown>(null);

  const input = inputOf(base, values);
  const paused = phase === "saving" || latest !== null;
  const dryRun = useDryRun(input, language, paused, readLatest);

  async function readLatest() {
    const { data } = await client.query({ query: ME, fetchPolicy: "network-only" });
    if (data) setLatest(data.me);
  }

  function begin(profile: Profile, values: Values) {
    setBase(profile);
    setValues(values);
    setLatest(null);
  }

  return {
    values,
    base,
    latest,
    phase,
    failure,
    dryRun,
    isChanged: input !== null,

    change(name: keyof Values, value: string) {
      setValues({ ...values, [name]: value });
      setPhase("editing");
      setFailure(null);
    },

    /** Gives the errors, which are on the page then. */
    async save(): Promise<UserError[]> {
      if (paused) return [];
      if (!input) {
        setPhase("saved");
        return [];
      }
      setPhase("saving");
      setFailure(null);
      try {
        const { data } = await client.mutate({ mutation: UPDATE, variables: { input } });
        const { customer, userErrors = [] } = data?.updateMyProfile ?? {};
        if (isConflict(userErrors)) await readLatest();
        // The caller moves the focus to what is on the page then.
        flushSync(() => {
          if (customer) begin(customer, valuesOf(customer));
          else dryRun.show(userErrors);
          setPhase(customer ? "saved" : "editing");
        });
        return userErrors;
      } catch (error) {
        setPhase("editing");
        setFailure(error);
        return [];
      }
    },

    /** Ends a conflict: the customer's changes go on top of the latest profile, or are dropped. */
    resolve(keep: "mine" | "latest") {
      if (latest) begin(latest, keep === "mine" ? rebase(base, values, latest) : valuesOf(latest));
    },
  };
}

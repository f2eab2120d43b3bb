import { useApolloClient } from "@apollo/client/react";
import { useEffect, useState } from "react";
import type { UpdateMyProfileInput } from "./gql/graphql";
import { CHECK } from "./operations";
import { isConflict, type UserError } from "./profile";

/** How long the customer must have stopped typing. */
const DEBOUNCE_MS = 300;

/** What the server says of an input, and of which. */
type Answer = { of: string; errors: UserError[]; fullName?: string | undefined };

/**
 * Asks the server, while the customer types, what it would answer to the input. Nothing is written. A request whose
 * input is no longer the present one is aborted, so its answer is never shown.
 */
export function useDryRun(
  input: UpdateMyProfileInput | null,
  language: string,
  paused: boolean,
  onConflict: () => Promise<void>,
) {
  const client = useApolloClient();
  const [answer, setAnswer] = useState<Answer | null>(null);
  // The messages are in one language: another one asks again.
  const present = JSON.stringify([language, input]);
  const isAnswered = answer?.of === present;

  useEffect(() => {
    if (!input || paused || isAnswered) return;
    const controller = new AbortController();
    const { signal } = controller;

    async function ask(input: UpdateMyProfileInput) {
      try {
        const context = { fetchOptions: { signal } };
        const { data } = await client.mutate({ mutation: CHECK, variables: { input }, fetchPolicy: "no-cache", context });
        if (signal.aborted) return;
        const { customer, userErrors = [] } = data?.updateMyProfile ?? {};
        if (isConflict(userErrors)) await onConflict();
        else setAnswer({ of: present, errors: userErrors, fullName: customer?.fullName });
      } catch {
        // A dry run that fails is no reason to disturb the customer: saving tells what is wrong.
        if (!signal.aborted) setAnswer({ of: present, errors: [] });
      }
    }

    const timer = setTimeout(ask, DEBOUNCE_MS, input);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [present, paused, client]);

  return {
    isChecking: input !== null && !paused && !isAnswered,
    /** Errors stay while the next answer is on its way, as long as their field is still changed. */
    errors: answer?.errors.filter(({ field: [name] }) => name && input && name in input) ?? [],
    /** The full name as it would be; undefined when there are errors or no answer yet. */
    fullName: input && isAnswered ? answer.fullName : undefined,
    /** Shows the errors of an update with the present input. */
    show: (errors: UserError[]) => setAnswer({ of: present, errors }),
  };
}

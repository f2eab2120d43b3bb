import { CombinedGraphQLErrors } from "@apollo/client";
import { useState } from "react";
import type { Texts } from "./texts";

/** What went wrong as a whole: the server's own message, or that it could not be reached; and when to try again. */
export function Failure({ error, texts }: { error: unknown; texts: Texts }) {
  const [until] = useState(() => timeToTryAgain(error));
  return (
    <div className="failure" role="alert">
      <p dir="auto">{CombinedGraphQLErrors.is(error) ? error.message : texts.unreachable}</p>
      {until && (
        <p>
          {texts.tryAgainAt} <time dateTime={until.toISOString()}>{until.toLocaleTimeString(texts.locale)}</time>
        </p>
      )}
    </div>
  );
}

/** `retryAfter` is that of the header `Retry-After`, which Apollo Client does not show: seconds from now. */
function timeToTryAgain(error: unknown): Date | null {
  if (!CombinedGraphQLErrors.is(error)) return null;
  const seconds = error.errors[0]?.extensions?.["retryAfter"];
  return typeof seconds === "number" ? new Date(Date.now() + seconds * 1000) : null;
}

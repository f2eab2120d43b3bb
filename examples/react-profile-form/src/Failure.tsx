import { CombinedGraphQLErrors } from "@apollo/client";
import type { Texts } from "./texts";

/** What went wrong as a whole: the server's own message, or that it could not be reached. */
export function Failure({ error, texts }: { error: unknown; texts: Texts }) {
  return (
    <p className="failure" role="alert" dir="auto">
      {CombinedGraphQLErrors.is(error) ? error.message : texts.unreachable}
    </p>
  );
}

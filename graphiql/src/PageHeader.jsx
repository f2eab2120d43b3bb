import { pick, useGraphiQL } from "@graphiql/react";
import { useEffect, useRef } from "react";
import { otherPage, readme } from "./other-page.js";
import { TokenField } from "./TokenField.jsx";

/** What the page is, the token, and where else to look; it stands beside the tabs. */
export function PageHeader() {
  usePreparedEditors();
  useAnswerInView();
  return (
    <div className="page-header">
      <h1>shop-profile</h1>
      <TokenField />
      <nav aria-label="Other pages">
        {otherPage && <a href={otherPage}>REST API</a>}
        {readme && <a href={readme}>README</a>}
      </nav>
    </div>
  );
}

// Long lines wrap, and a person who arrives can write at once. On a telephone the focus would open the keyboard over the page.
function usePreparedEditors() {
  const editors = useGraphiQL(pick("queryEditor", "variableEditor", "responseEditor"));
  const { queryEditor, variableEditor, responseEditor } = editors;
  useEffect(() => {
    for (const editor of [queryEditor, variableEditor, responseEditor]) editor?.updateOptions({ wordWrap: "on" });
  }, [queryEditor, variableEditor, responseEditor]);
  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches) queryEditor?.focus();
  }, [queryEditor]);
}

// On a telephone the answer stands below the editors. A rejected token keeps the focus, and the page with it.
function useAnswerInView() {
  const { isFetching } = useGraphiQL(pick("isFetching"));
  const wasFetching = useRef(false);
  useEffect(() => {
    const isAnswered = wasFetching.current && !isFetching;
    wasFetching.current = isFetching;
    if (!isAnswered || document.activeElement?.id === "token") return;
    document.querySelector(".graphiql-response").scrollIntoView({ block: "nearest" });
  }, [isFetching]);
}

import { Button, pick, Tooltip, useGraphiQL } from "@graphiql/react";
import { useEffect, useRef, useState } from "react";
import { tabs as initialTabs } from "./tabs.js";
import {
  forgetEverything,
  isAnythingStored,
  readToken,
  saveToken,
  takeTokenFromAddress,
  tokenRejected,
  tokenState,
} from "./token.js";

/** Where a person pastes their API token. Each change counts at once, and the field says so: there is nothing to submit. */
export function TokenField() {
  const [token, setToken] = useState(readToken);
  const [isRejected, setIsRejected] = useState(false);
  const field = useRef(null);
  // Each of these changes what there is to forget.
  const { queryEditor, tabs } = useGraphiQL(pick("queryEditor", "tabs", "isFetching"));

  useEffect(() => {
    const onHashChange = () => {
      takeTokenFromAddress();
      setToken(readToken());
    };
    const onRejected = () => {
      setIsRejected(true);
      field.current.focus();
      field.current.select();
    };
    addEventListener("hashchange", onHashChange);
    tokenRejected.addEventListener("rejected", onRejected);
    return () => {
      removeEventListener("hashchange", onHashChange);
      tokenRejected.removeEventListener("rejected", onRejected);
    };
  }, []);

  const change = (value) => {
    saveToken(value);
    setToken(value);
    setIsRejected(false);
  };

  const leave = (event) => {
    // The editor would take the key for a new line.
    event.preventDefault();
    queryEditor?.focus();
  };

  // Not type="password": a browser would offer to remember it, and the token must end with the tab.
  return (
    <div className="token-field">
      <label htmlFor="token">API token</label>
      <Tooltip label="Set as you type or paste. Enter leads to the editor. Sent as “Authorization: Token …”, kept for this tab only.">
        <input
          ref={field}
          id="token"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder="Paste your token: shp_…"
          aria-invalid={isRejected}
          value={token}
          onChange={(event) => change(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && leave(event)}
        />
      </Tooltip>
      <span role="status">{tokenState(token, isRejected)}</span>
      <Tooltip label="Removes the token, the tabs and the history from this browser.">
        <Button type="button" onClick={forgetEverything} disabled={!isAnythingStored() && areInitial(tabs)}>
          Forget
        </Button>
      </Tooltip>
    </div>
  );
}

const areInitial = (tabs) =>
  tabs.length === initialTabs.length && tabs.every(({ query }, index) => query === initialTabs[index].query);

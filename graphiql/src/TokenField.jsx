import { Button, Tooltip } from "@graphiql/react";
import { useEffect, useState } from "react";
import { otherPage } from "./other-page.js";
import { forgetEverything, readToken, saveToken, takeTokenFromAddress } from "./token.js";

/** Where a person pastes their API token. Each change counts at once: there is nothing to submit. */
export function TokenField() {
  const [token, setToken] = useState(readToken);

  useEffect(() => {
    const onHashChange = () => {
      takeTokenFromAddress();
      setToken(readToken());
    };
    addEventListener("hashchange", onHashChange);
    return () => removeEventListener("hashchange", onHashChange);
  }, []);

  const change = (value) => {
    saveToken(value.trim());
    setToken(value);
  };

  // Not type="password": a browser would offer to remember it, and the token must end with the tab.
  return (
    <div className="token-field">
      <label htmlFor="token">API token</label>
      <Tooltip label="Sent as “Authorization: Token …”. Kept for this tab only.">
        <input
          id="token"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder="Paste your token: shp_…"
          value={token}
          onChange={(event) => change(event.target.value)}
        />
      </Tooltip>
      <Tooltip label="Removes the token, the tabs and the history from this browser.">
        <Button type="button" onClick={forgetEverything}>
          Forget
        </Button>
      </Tooltip>
      {otherPage && <a href={otherPage}>REST API</a>}
    </div>
  );
}

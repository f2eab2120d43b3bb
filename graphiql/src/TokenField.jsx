import { Button, Tooltip } from "@graphiql/react";
import { useEffect, useState } from "react";
import { readToken, saveToken, takeTokenFromAddress } from "./token.js";

/** The field for the API token. Each change takes effect at once: there is nothing to submit. */
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
          placeholder="Paste it here: shp_…"
          value={token}
          onChange={(event) => change(event.target.value)}
        />
      </Tooltip>
      <Button type="button" onClick={() => change("")}>
        Forget
      </Button>
    </div>
  );
}

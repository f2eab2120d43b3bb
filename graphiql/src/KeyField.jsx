import { Button, Tooltip } from "@graphiql/react";
import { useEffect, useState } from "react";
import { readKey, saveKey, takeKeyFromAddress } from "./key.js";

/** Where a person pastes their access key. Each change counts at once: there is nothing to submit. */
export function KeyField() {
  const [key, setKey] = useState(readKey);

  useEffect(() => {
    const onHashChange = () => {
      takeKeyFromAddress();
      setKey(readKey());
    };
    addEventListener("hashchange", onHashChange);
    return () => removeEventListener("hashchange", onHashChange);
  }, []);

  const change = (value) => {
    saveKey(value.trim());
    setKey(value);
  };

  // Not type="password": a browser would offer to remember it, and the key must end with the tab.
  return (
    <div className="key-field">
      <label htmlFor="key">Key</label>
      <Tooltip label="Sent as “Authorization: Token …”. Kept for this tab only.">
        <input
          id="key"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder="Paste your key: shp_…"
          value={key}
          onChange={(event) => change(event.target.value)}
        />
      </Tooltip>
      <Button type="button" onClick={() => change("")}>
        Forget
      </Button>
    </div>
  );
}

import { useState } from "react";

/**
 * The picture at an address that the customer typed. Only http and https are loaded, the other server does not learn
 * from which page, and what cannot be loaded leaves the initial.
 */
export function Avatar({ url, name, label }: { url: string; name: string; label: string }) {
  const [failed, setFailed] = useState("");
  const isShown = /^https?:\/\//i.test(url) && url !== failed;
  return isShown ? (
    <img className="avatar" src={url} alt={label} referrerPolicy="no-referrer" onError={() => setFailed(url)} />
  ) : (
    <span className="avatar" aria-hidden="true">
      {[...name][0]}
    </span>
  );
}

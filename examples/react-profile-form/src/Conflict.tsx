import { useEffect, useRef } from "react";
import { changedFields, type FieldName, type Profile, type Values, valuesOf } from "./profile";
import type { Texts } from "./texts";

type Props = {
  base: Profile;
  values: Values;
  latest: Profile;
  texts: Texts;
  onResolve: (keep: "mine" | "latest") => void;
};

/** Shows what somebody else has changed, and lets the customer choose. */
export function Conflict({ base, values, latest, texts, onResolve }: Props) {
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    // The button that was pressed is gone. Somebody who types is not interrupted.
    if (document.activeElement === document.body) section.current?.focus();
  }, []);

  const own = changedFields(base, values);
  const theirs = changedFields(base, valuesOf(latest));
  const shown = (name: FieldName, { gender, ...rest }: Values) =>
    (name === "gender" ? texts.genders[gender] : rest[name]) || "–";

  return (
    <section ref={section} className="conflict" role="alert" tabIndex={-1} aria-labelledby="conflict">
      <h2 id="conflict">{texts.conflict}</h2>
      <p>{texts.conflictHint}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.field}</th>
            <th scope="col">{texts.now}</th>
            <th scope="col">{texts.yours}</th>
          </tr>
        </thead>
        <tbody>
          {theirs.map((name) => (
            <tr key={name}>
              <th scope="row">{texts[name]}</th>
              <td>
                <bdi>{shown(name, valuesOf(latest))}</bdi>
              </td>
              <td>{own.includes(name) ? <bdi>{shown(name, values)}</bdi> : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="actions">
        <button type="button" onClick={() => onResolve("mine")}>
          {texts.keepMine}
        </button>
        <button type="button" className="quiet" onClick={() => onResolve("latest")}>
          {texts.keepLatest}
        </button>
      </div>
    </section>
  );
}

import type { ReactNode } from "react";
import type { UserError } from "./profile";

/** What a control needs to be joined to its label, hint and errors. */
export type ControlProps = { id: string; name: string; "aria-describedby": string; "aria-invalid": boolean };

type Props = {
  name: string;
  label: string;
  hint?: string;
  errors: UserError[];
  children: (control: ControlProps) => ReactNode;
};

/** A labelled control with the server's errors below it. */
export function Field({ name, label, hint, errors, children }: Props) {
  const [hintId, errorsId] = [`${name}-hint`, `${name}-errors`];
  const describedBy = hint ? `${errorsId} ${hintId}` : errorsId;
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      {children({ id: name, name, "aria-describedby": describedBy, "aria-invalid": errors.length > 0 })}
      {/* The element is always there: a screen reader announces only what changes in a live region that it knows. */}
      <div id={errorsId} className="errors" aria-live="polite">
        {errors.map(({ code, message }) => (
          <p key={code} data-code={code} dir="auto">
            {message}
          </p>
        ))}
      </div>
      {hint && (
        <p id={hintId} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

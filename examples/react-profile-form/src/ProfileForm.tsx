import { type ChangeEvent, type SubmitEvent, useRef } from "react";
import { Avatar } from "./Avatar";
import { Conflict } from "./Conflict";
import { Failure } from "./Failure";
import { Field } from "./Field";
import { errorsOf, FIELDS, type FieldName, type Profile } from "./profile";
import { type Language, TEXTS } from "./texts";
import { useProfileForm } from "./useProfileForm";

export function ProfileForm({ profile, language }: { profile: Profile; language: Language }) {
  const texts = TEXTS[language];
  const form = useProfileForm(profile, language);
  const { values, base, latest, dryRun } = form;
  const element = useRef<HTMLFormElement>(null);
  const focus = (name: FieldName) => element.current?.querySelector<HTMLElement>(`[name="${name}"]`)?.focus();

  async function save(event: SubmitEvent) {
    event.preventDefault();
    const errors = await form.save();
    const first = FIELDS.find((name) => errorsOf(errors, name).length > 0);
    if (first) focus(first);
  }

  /** The properties of a field and of its control. */
  const field = (name: FieldName) => ({ name, label: texts[name], errors: errorsOf(dryRun.errors, name) });
  const value = (name: FieldName) => ({
    value: values[name],
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLSelectElement>) => form.change(name, event.target.value),
  });
  // A new picture is loaded when the server has found its address right, not at each letter.
  const isRight = !dryRun.isChecking && errorsOf(dryRun.errors, "avatar").length === 0;
  const picture = isRight ? values.avatar.trim() : (base.avatar ?? "");

  return (
    <form ref={element} onSubmit={save} noValidate aria-busy={form.phase === "saving"}>
      <div className="person">
        <Avatar url={picture} name={base.username} label={texts.picture} />
        <p>
          <strong>
            <bdi>{base.fullName || base.username}</bdi>
          </strong>
          {!base.isProfileCompleted && <span className="hint">{texts.incomplete}</span>}
        </p>
      </div>

      <Field {...field("username")} hint={texts.usernameHint}>
        {(control) => <input {...control} {...value("username")} dir="auto" autoComplete="username" spellCheck={false} />}
      </Field>
      <Field {...field("firstName")}>
        {(control) => <input {...control} {...value("firstName")} dir="auto" autoComplete="given-name" />}
      </Field>
      <Field {...field("lastName")}>
        {(control) => <input {...control} {...value("lastName")} dir="auto" autoComplete="family-name" />}
      </Field>
      <Field {...field("gender")}>
        {(control) => (
          <select {...control} {...value("gender")}>
            {Object.entries(texts.genders).map(([gender, text]) => (
              <option key={gender} value={gender}>
                {text}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field {...field("avatar")} hint={texts.avatarHint}>
        {(control) => <input {...control} {...value("avatar")} type="url" dir="ltr" spellCheck={false} />}
      </Field>

      {form.failure !== null && <Failure error={form.failure} texts={texts} />}
      {latest ? (
        <Conflict base={base} values={values} latest={latest} texts={texts} onResolve={resolve} />
      ) : (
        <div className="actions">
          <button>{texts.save}</button>
          <p role="status">{status()}</p>
        </div>
      )}
    </form>
  );

  function resolve(keep: "mine" | "latest") {
    form.resolve(keep);
    focus("username");
  }

  function status() {
    if (form.phase === "saving") return texts.saving;
    if (!form.isChanged) return form.phase === "saved" ? texts.saved : "";
    if (dryRun.errors.length > 0) return texts.wrong;
    if (dryRun.isChecking) return texts.checking;
    if (!dryRun.fullName) return "";
    return (
      <>
        {texts.shownAs} <bdi>{dryRun.fullName}</bdi>
      </>
    );
  }
}

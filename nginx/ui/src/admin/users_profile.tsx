// What is known of a person, and the form that changes it.
import { useEffect, useRef, useState } from "preact/hooks";

import { call } from "../base/api";
import { may } from "../base/session";
import { dateTime, t } from "../base/texts";
import type { User } from "../base/types";
import { say } from "../parts/feedback";
import { Form, type Values } from "../parts/form";
import { Section } from "../parts/shell";
import { takenAt } from "./taken";
import { undoing } from "./undo";
import { factsOf, userFields, UserFields, type Facts } from "./users_fields";
import type { OfUser } from "./users_one";

export function UserProfile({ context, user, set }: OfUser) {
  const [editing, setEditing] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const me = user.id === context.user.id;
  const patch = (json: Facts) => call<User>("PATCH", `/auth/users/${user.id}`, { json, query: context.query() });
  const close = () => setEditing(false);
  // After the form, back to what opened it.
  const edited = useRef(false);
  useEffect(() => {
    if (edited.current && !editing) button.current?.focus();
    edited.current = editing;
  }, [editing]);
  const submit = async (values: Values) => {
    const change = factsOf(values, user);
    if (Object.keys(change).length > 0) {
      const before = Object.fromEntries(Object.keys(change).map((name) => [name, user[name as keyof Facts]]));
      set(await patch(change).catch((error: unknown) => { throw takenAt(error, "email", t("users.taken")); }));
      // Another address has ended sessions and sent mails: that is not undone by a second change.
      say(t("saved"), change.email === undefined ? undoing(async () => set(await patch(before))) : undefined);
    }
    close();
  };
  if (editing) {
    return (
      <Section title={t("users.details")} intro={me ? undefined : t("users.email_note")}>
        <Form guard submit={submit} label={t("save")} class="columns-2"
          actions={<button type="button" class="button" onClick={close}>{t("cancel")}</button>}>
          <UserFields user={user} {...(me && { but: "email" as const })} />
        </Form>
      </Section>);
  }
  return (
    <Section title={t("users.details")} action={may(context.user, "auth:users:edit") && (
      <button ref={button} type="button" class="button small" onClick={() => setEditing(true)}>
        {t("users.edit")}</button>)}>
      <dl class="facts">
        {userFields.map(({ name, label }) => (
          <div key={name} class="fact"><dt>{t(label)}</dt><dd>{user[name] || <None />}</dd></div>))}
        <div class="fact">
          <dt>{t("users.last_sign_in")}</dt>
          <dd>{user.last_login_at ? dateTime(user.last_login_at) : <span class="quiet">{t("users.never")}</span>}</dd>
        </div>
      </dl>
    </Section>);
}

const None = () => <span class="quiet"><span aria-hidden="true">–</span><span class="hidden">
  {t("users.not_given")}</span></span>;

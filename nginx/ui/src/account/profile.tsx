// Who somebody is here: picture, name, how to reach them, what they may do.
import { useState } from "preact/hooks";

import { call, get } from "../base/api";
import { date, dateTime, t } from "../base/texts";
import type { User } from "../base/types";
import { Notice, say } from "../parts/feedback";
import { Field } from "../parts/fields";
import { focusHeading } from "../parts/focus";
import { Form, type Values } from "../parts/form";
import { phoneOf, phonePattern } from "../parts/normal";
import { Section, Title } from "../parts/shell";
import { Email } from "./email";
import type { Mine } from "./me";
import { Picture } from "./picture";

const names = ["first_name", "last_name", "phone", "address"] as const;

export function Profile(mine: Mine) {
  const { info } = mine;
  return (
    <>
      <Title tenant={info.tenant.name}>{t("account.profile")}</Title>
      {!info.roles_assigned && <Waiting text={info.text} />}
      <Picture {...mine} />
      <Details {...mine} />
      <Email {...mine} />
      <Access {...mine} />
    </>);
}

// SPEC R6: the tenant says what happens next.
const Waiting = ({ text }: { text: string }) => (
  <Notice kind="info">
    <strong>{t("account.waiting.title")}</strong>
    <span class="line said">{text || t("account.waiting.body")}</span>
  </Notice>);

type Name = (typeof names)[number];
type Details = Record<Name, string | null>;

function Details({ me: { user }, change }: Mine) {
  // A field is drawn anew where its value came from elsewhere: a change that was undone.
  const [turns, setTurns] = useState<Partial<Record<Name, number>>>({});
  const patch = async (json: Partial<Details>) => change(await call<User>("PATCH", "/auth/me", { json }));
  const submit = async (values: Values) => {
    const wanted = Object.fromEntries(names.map((name) => [name, values[name] || null])) as Details;
    const changed = names.filter((name) => wanted[name] !== user[name]);
    const only = (from: Details, which: Name[]): Partial<Details> =>
      Object.fromEntries(which.map((name) => [name, from[name]]));
    if (changed.length > 0) await patch(only(wanted, changed));
    say(t("saved"), changed.length === 0 ? undefined : async () => {
      // Not what was changed again since.
      const now = await get<User>("/auth/me");
      const undone = changed.filter((name) => now[name] === wanted[name]);
      if (undone.length > 0) await patch(only(user, undone));
      setTurns((all) => ({ ...all, ...Object.fromEntries(undone.map((name) => [name, (all[name] ?? 0) + 1])) }));
      focusHeading();
    });
  };
  const field = (name: Name) => ({ name, defaultValue: user[name] ?? "" });
  const key = (name: Name) => `${name} ${turns[name] ?? 0}`;
  return (
    <Section title={t("account.details")}>
      <Form submit={submit} label={t("save")} class="columns-2 details" guard>
        <Field key={key("first_name")} {...field("first_name")} label={t("field.first_name")}
          autocomplete="given-name" maxLength={100} />
        <Field key={key("last_name")} {...field("last_name")} label={t("field.last_name")}
          autocomplete="family-name" maxLength={100} />
        <Field key={key("phone")} {...field("phone")} label={t("account.phone")}
          type="tel" inputMode="tel" autocomplete="tel" maxLength={40} pattern={phonePattern} normal={phoneOf}
          wrong={t("field.phone")} help={t("account.phone.help")} />
        <Field key={key("address")} {...field("address")} label={t("account.address")}
          autocomplete="street-address" maxLength={500} />
      </Form>
    </Section>);
}

function Access({ me: { user }, info }: Mine) {
  const roles = user.roles.map(({ name }) => name);
  if (user.is_platform_admin) roles.unshift(t("account.platform_admin"));
  if (user.is_tenant_admin) roles.unshift(t("account.tenant_admin"));
  const facts: [string, string | null][] = [
    [t("account.employee_id"), user.employee_id], [t("account.kra_pin"), user.kra_pin],
    [t("account.branch"), user.branch_id], [t("account.restaurant"), user.restaurant_id],
    [t("account.since"), date(user.created_at)],
    [t("account.last_sign_in"), user.last_login_at && dateTime(user.last_login_at)],
  ];
  return (
    <Section title={t("account.access")} intro={t("account.access.intro")}>
      <dl class="facts">
        <dt>{t("account.organisation")}</dt>
        <dd>{info.tenant.name}</dd>
        <dt>{t("account.roles")}</dt>
        <dd class="tags">
          {roles.length ? roles.map((role) => <span key={role} class="tag">{role}</span>) : t("account.no_roles")}
        </dd>
        {facts.map(([title, value]) => value && [<dt key={title}>{title}</dt>, <dd key={`${title}=`}>{value}</dd>])}
      </dl>
    </Section>);
}

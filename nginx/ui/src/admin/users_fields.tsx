// The fields of a person that an administrator fills in, for a new one and for a change.
import { t, type Key } from "../base/texts";
import type { User } from "../base/types";
import { Field } from "../parts/fields";
import type { Values } from "../parts/form";

type Name = "first_name" | "last_name" | "email" | "phone" | "address" |
  "employee_id" | "kra_pin" | "branch_id" | "restaurant_id";

interface Row {
  name: Name;
  label: Key;
  help?: Key;
  maxLength: number;
  inputMode?: "email" | "tel";
  required?: boolean;  // of a new one
}

export const userFields: Row[] = [
  { name: "first_name", label: "field.first_name", maxLength: 100, required: true },
  { name: "last_name", label: "field.last_name", maxLength: 100, required: true },
  { name: "email", label: "field.email_label", maxLength: 254, inputMode: "email", required: true },
  { name: "phone", label: "users.field.phone", help: "users.field.phone_help", maxLength: 32, inputMode: "tel" },
  { name: "employee_id", label: "users.field.employee_id", maxLength: 64 },
  { name: "kra_pin", label: "users.field.kra_pin", help: "users.field.kra_pin_help", maxLength: 16 },
  { name: "branch_id", label: "users.field.branch_id", maxLength: 64 },
  { name: "restaurant_id", label: "users.field.restaurant_id", maxLength: 64 },
  { name: "address", label: "users.field.address", maxLength: 500 },
];

// As the API takes it, from what people write: "+254 712–345 678", "a123456789b".
function normal(name: Name, text: string): string {
  const trimmed = text.trim();
  if (name === "phone") return trimmed.replace(/[\s().\-\u2010-\u2015]/g, "");
  if (name === "kra_pin") return trimmed.replace(/\s/g, "").toUpperCase();
  return trimmed;
}

export type Facts = Partial<Record<Name, string | null>>;

// What was filled in; where there is a `user`, only what is other than theirs, null for what was
// cleared.
export function factsOf(values: Values, user?: User): Facts {
  const facts: Facts = {};
  for (const { name } of userFields) {
    if (values[name] === undefined) continue;
    const text = normal(name, values[name]);
    if (user ? text !== (user[name] ?? "") : text !== "") facts[name] = text || null;
  }
  return facts;
}

export function UserFields({ user, but }: { user?: User; but?: Name }) {
  return (
    <>
      {userFields.filter(({ name }) => name !== but).map(({ name, label, help, inputMode, required, maxLength }, i) => (
        <div key={name} class={name === "address" ? "whole" : undefined}>
          <Field name={name} label={t(label)} maxLength={maxLength} autocomplete="off" spellcheck={false}
            inputMode={inputMode ?? "text"} required={Boolean(required && (!user || name === "email"))}
            autofocus={i === 0}
            defaultValue={user?.[name] ?? ""} {...(help && { help: t(help) })} />
        </div>))}
    </>);
}

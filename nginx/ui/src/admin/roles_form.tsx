// The form of a role: name, description, the matrix, and what goes beyond it.
import { useCallback, useMemo, useState } from "preact/hooks";

import { plural, t } from "../base/texts";
import type { Role } from "../base/types";
import { Checkbox, Field } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { Matrix, type Toggle } from "./matrix";
import { everything, type Module } from "./permission";
import { Specials } from "./specials";
import { useUnsaved } from "./unsaved";

export interface RoleFacts { name: string; description: string | null; permissions: string[]; system?: boolean }

interface RoleFormProps {
  modules: Module[];
  // What is in the form at first.
  role?: Pick<Role, "name" | "description" | "permissions"> | null;
  isNew?: boolean;
  readOnly?: boolean;
  offersSystem?: boolean;
  label: string;
  back: string;
  save(facts: RoleFacts): Promise<void>;
}

const sorted = (codes: Iterable<string>): string[] => [...codes].sort((a, b) => a < b ? -1 : 1);

export function RoleForm({ modules, role, isNew, readOnly = false, offersSystem, label, back, save }: RoleFormProps) {
  const [held, setHeld] = useState<ReadonlySet<string>>(() => new Set(role?.permissions ?? []));
  const [typed, setTyped] = useState(false);
  const plain = useMemo(() => new Set(modules.flatMap(({ codes }) => [...codes.keys()])), [modules]);
  // Codes that left the catalogue are kept as well, and seen.
  const specials = useMemo(() => sorted([...held].filter((code) => !plain.has(code))), [held, plain]);
  const chosen = held.size - specials.length;
  const toggle = useCallback<Toggle>((codes, on) => setHeld((before) => {
    const next = new Set(before);
    codes.forEach((code) => { if (on) next.add(code); else next.delete(code); });
    return next;
  }), []);
  const changed = useMemo(() => {
    const before = new Set(role?.permissions ?? []);
    return [...held].filter((code) => !before.has(code)).length + [...before].filter((code) => !held.has(code)).length;
  }, [held, role]);
  const dirty = !readOnly && (typed || (changed > 0 && !(isNew && role)));
  const leaveFreely = useUnsaved(dirty);

  const submit = async (values: Values) => {
    const facts: RoleFacts = {
      name: values["name"]?.trim() ?? "", description: values["description"]?.trim() || null, permissions: sorted(held),
      ...(values["system"] && { system: true }),
    };
    leaveFreely(true);
    try {
      await save(facts);
    } catch (error) {
      leaveFreely(false);
      throw error;
    }
    setTyped(false);
    // A new role's page is on its way: the browser tells of that later.
    if (!isNew) leaveFreely(false);
  };
  const permissions = (
    <section class="section whole" aria-labelledby="role-permissions">
      <header>
        <h2 id="role-permissions">{t("roles.permissions")}</h2>
        <p class="quiet" role="status">
          {held.has(everything) ? t("roles.everything") : plural("roles.count", chosen)}
          {specials.length > 0 && !held.has(everything) && ` + ${plural("roles.count_specials", specials.length)}`}
        </p>
      </header>
      <Matrix {...{ modules, chosen: held, specials, toggle, readOnly }} />
      <Specials {...{ modules, specials, readOnly, add: (code) => toggle([code], true), remove: (code) =>
        toggle([code], false) }} />
    </section>);
  if (readOnly) return permissions;
  return (
    <Form submit={submit} label={label} class="role-form" actions={
      <>
        <a class="button" href={back}>{t("cancel")}</a>
        <span class="quiet small-text" role="status">{dirty && changed > 0 ? plural("roles.unsaved", changed) : dirty
          ? t("roles.unsaved_text") : ""}</span>
      </>}>
      <section class="section" aria-labelledby="role-about">
        <h2 id="role-about" class="hidden">{t("roles.about")}</h2>
        <div class="pair">
          <Field name="name" label={t("roles.name")} required maxLength={64} autocomplete="off"
            autofocus={Boolean(isNew)}
            defaultValue={role?.name ?? ""} onInput={() => setTyped(true)} />
          <Field name="description" label={t("roles.description")} maxLength={500} autocomplete="off"
            defaultValue={role?.description ?? ""} onInput={() => setTyped(true)} />
        </div>
        {offersSystem && isNew && <Checkbox name="system" label={t("roles.make_system")}
          help={t("roles.make_system_help")} />}
      </section>
      {permissions}
    </Form>);
}

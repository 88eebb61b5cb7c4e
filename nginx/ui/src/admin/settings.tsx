// A tenant's settings: a form made from the server's own schema, so that a new setting appears by itself.
import { useState } from "preact/hooks";

import { call, get } from "../base/api";
import { pages } from "../base/session";
import { plural, t, tryText } from "../base/texts";
import type { User } from "../base/types";
import { confirm } from "../parts/dialog";
import { say } from "../parts/feedback";
import { Form } from "../parts/form";
import { Await, useLoad } from "../parts/load";
import { Section } from "../parts/shell";
import type { Admin } from "./context";
import { SettingField } from "./settings_field";
import { Providers } from "./settings_providers";
import {
  defaultOf, grouped, providersKey, same, type Json, type Property, type Settings as Values,
} from "./settings_table";
import { Title } from "./title";
import { undoing } from "./undo";
import { useUnsaved } from "./unsaved";

interface Document {
  servers?: { url: string }[];
  components: { schemas: { SettingsChange: { properties: Record<string, Property> } } };
}
interface Start { settings: Values; properties: Record<string, Property>; baseUrl: string }

export function Settings({ context }: { context: Admin }) {
  const id = context.tenantId ?? context.user.tenant_id;
  const path = `/auth/tenants/${encodeURIComponent(id)}/settings`;
  const loaded = useLoad<Start>(id, async () => {
    const [settings, { servers, components }] =
      await Promise.all([get<Values>(path), get<Document>("/auth/openapi.json")]);
    return {
      settings, properties: components.schemas.SettingsChange.properties,
      baseUrl: servers?.[0]?.url ?? location.origin,
    };
  });
  return (
    <>
      <Title>{t("settings.title")}</Title>
      <p class="intro">{t("settings.intro")}</p>
      <Await from={loaded}>
        {(start) => {
          const save = async (changes: Values): Promise<Values> => {
            const settings = await call<Values>("PATCH", path, { json: changes });
            loaded.set({ ...start, settings });
            return settings;
          };
          return (
            <>
              <SettingsForm context={context} start={start} save={save} />
              {start.properties[providersKey] &&
                <Providers settings={start.settings} baseUrl={start.baseUrl} save={save} />}
            </>);
        }}
      </Await>
    </>);
}

type Save = (changes: Values) => Promise<Values>;

// As the server takes it: text, and the lines of a list.
const clean = (value: Json): Json => typeof value === "string" ? value.trim() : Array.isArray(value)
  ? value.map((line) => typeof line === "string" ? line.trim() : line).filter((line) => line !== "") : value;

// Would a second factor be required of whoever asks for it here, and has none?
async function locksOut({ tenantId, user }: Admin, wanted: Json | undefined): Promise<boolean> {
  const mine = !tenantId && (wanted === "all" ||
    (wanted === "admins" && (user.is_tenant_admin || user.is_platform_admin)));
  return mine && !(await get<User>("/auth/me")).two_factor_enabled;
}

function SettingsForm({ context, start: { settings, properties }, save }:
    { context: Admin; start: Start; save: Save }) {
  // What was changed here and is not saved yet; undefined: no value yet.
  const [draft, setDraft] = useState<Record<string, Json | undefined>>({});
  const changed = Object.keys(draft).filter((key) => {
    const value = draft[key];
    return value === undefined || !same(clean(value), settings[key]);
  });
  const leaveFreely = useUnsaved(changed.length > 0);
  // A default is kept nowhere: should it change one day, it does for this tenant too.
  const kept = (key: string, value: Json): Json =>
    same(value, defaultOf(key, properties[key] ?? { type: "" })) ? null : value;
  const submit = async () => {
    if (changed.length === 0) return say(t("settings.no_change"));
    const changes: Values = {};
    const before: Values = {};
    for (const key of changed) {
      const value = clean(draft[key] ?? null);
      changes[key] = kept(key, value);
      before[key] = kept(key, settings[key] ?? null);
    }
    const keep = async () => {
      await save(changes);
      setDraft({});
    };
    if (await locksOut(context, changes["require_2fa"])) {
      return confirm({
        title: t("settings.locks_title"), body: <p>{t("settings.locks_body")}</p>, action: t("settings.locks_do"),
        run: async () => {
          leaveFreely(true);
          await keep().catch((error: unknown) => {
            leaveFreely(false);
            throw error;
          });
          location.assign(`${pages.account}#/security`);
        },
      });
    }
    await keep();
    say(t("settings.saved"), undoing(() => save(before)));
  };
  return (
    <Form class="settings" submit={submit} label={t("settings.save")}
      actions={changed.length > 0 && (
        <>
          <button type="button" class="button" onClick={() => {
            setDraft({});
            document.querySelector<HTMLElement>(".settings button[type=submit]")?.focus();
          }}>{t("settings.discard")}</button>
          <span class="quiet" role="status">{plural("settings.changed", changed.length)}</span>
        </>)}>
      {grouped(Object.keys(properties)).map(({ name, keys }) => (
        <Section key={name} title={tryText(`settings.group.${name}`) ?? name}
          intro={tryText(`settings.group.${name}.intro`)}>
          <div class="form columns-2">
            {keys.map((key) => (
              <SettingField key={key} name={key} property={properties[key] ?? { type: "" }}
                value={key in draft ? draft[key] : settings[key]}
                set={(value) => setDraft((was) => ({ ...was, [key]: value }))} />))}
          </div>
        </Section>))}
    </Form>);
}

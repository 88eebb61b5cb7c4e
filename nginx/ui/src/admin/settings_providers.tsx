// The services that people of a tenant may sign in with, instead of a password (SPEC O1).
import { useRef, useState } from "preact/hooks";

import { t } from "../base/texts";
import { confirm } from "../parts/dialog";
import { Empty, say } from "../parts/feedback";
import { Icon } from "../parts/icon";
import { Section } from "../parts/shell";
import { EditProvider, type Provider } from "./settings_provider";
import { providersKey, type Json, type Settings } from "./settings_table";

interface Props { settings: Settings; baseUrl: string; save(changes: Settings): Promise<Settings> }

export function Providers({ settings, baseUrl, save }: Props) {
  const all = settings[providersKey] as unknown as Provider[];
  // The place in the list of the one that is edited; past its end for a new one.
  const [edited, setEdited] = useState<number | null>(null);
  const add = useRef<HTMLButtonElement>(null);
  const put = async (providers: Provider[]): Promise<void> => {
    await save({ [providersKey]: providers as unknown as Json });
  };
  const remove = (provider: Provider) => confirm({
    title: t("settings.provider_remove_title", { name: provider.name }), body: t("settings.provider_remove_body"),
    action: t("settings.provider_remove"), danger: true,
    run: async () => {
      await put(all.filter((one) => one !== provider));
      say(t("settings.provider_removed", { name: provider.name }));
      setTimeout(() => add.current?.focus());
    },
  });
  return (
    <Section title={t("settings.oauth_providers")} intro={t("settings.oauth_providers.help")} action={
      <button ref={add} type="button" class="button" onClick={() => setEdited(all.length)}>
        <Icon name="plus" />{t("settings.provider_add")}
      </button>}>
      {all.length === 0 && <Empty title={t("settings.provider_none")} />}
      <ul class="providers-list">
        {all.map((provider, i) => (
          <li key={provider.id}>
            <div>
              <span class="line strong">{provider.name}</span>
              <span class="line help">{provider.issuer ?? provider.authorization_endpoint}</span>
            </div>
            <div class="row-actions">
              <button type="button" class="button small" onClick={() => setEdited(i)}>
                {t("settings.provider_edit")}<span class="hidden"> {provider.name}</span></button>
              <button type="button" class="button small" onClick={() => remove(provider)}>
                {t("settings.provider_remove")}<span class="hidden"> {provider.name}</span></button>
            </div>
          </li>))}
      </ul>
      {edited !== null && (
        <EditProvider provider={all[edited]} place={edited} baseUrl={baseUrl} close={() => setEdited(null)}
          save={(changed) => put(edited < all.length
            ? all.map((one, i) => i === edited ? changed : one) : [...all, changed])} />)}
    </Section>);
}

// A new tenant, with the roles that it starts from.
import { call } from "../base/api";
import { useIdempotency } from "../base/idempotency";
import { go } from "../base/route";
import { t } from "../base/texts";
import type { Tenant } from "../base/types";
import { say } from "../parts/feedback";
import { Field } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { slugOf, slugPattern } from "../parts/normal";
import { BackTo } from "./back_to";
import type { Admin } from "./context";
import { utcTime } from "./filters";
import { slugTaken, TenantFields } from "./tenants_fields";
import { Title } from "./title";

const presets = ["default", "maintenance", "operations"] as const;

export function NewTenant({ context }: { context: Admin }) {
  const once = useIdempotency();
  const submit = async (values: Values) => {
    const json = {
      name: values["name"], slug: values["slug"]?.trim(),
      ...(values["preset"] && { preset: values["preset"] }),
      ...(values["plan"] && { plan: values["plan"] }),
      ...(values["max_users"] && { max_users: Number(values["max_users"]) }),
      ...(values["subscription_ends_at"] && { subscription_ends_at: utcTime(values["subscription_ends_at"]) }),
    };
    const made = await call<Tenant>("POST", "/auth/tenants", { json, headers: once(json) }).catch(slugTaken);
    say(t("tenants.created", { name: made.name }));
    go(context.link(["tenants", made.id]));
  };
  return (
    <>
      <BackTo href={context.link(["tenants"])}>{t("tenants.all")}</BackTo>
      <Title>{t("tenants.new_title")}</Title>
      <section class="section" aria-label={t("tenants.new_title")}>
        <Form class="columns-2" guard submit={submit} label={t("tenants.create")}
          actions={<a class="button" href={context.link(["tenants"])}>{t("cancel")}</a>}>
          <Field name="name" label={t("tenants.name")} required maxLength={200} />
          <Field name="slug" label={t("tenants.slug")} help={t("tenants.slug_help")} required maxLength={63}
            pattern={slugPattern} normal={slugOf} wrong={t("field.slug")} autocapitalize="none" spellcheck={false} />
          <fieldset class="whole">
            <legend>{t("tenants.preset")}</legend>
            <div class="presets">
              {presets.map((preset, i) => (
                <label key={preset} class="preset">
                  <input type="radio" name="preset" value={preset} defaultChecked={i === 0} />
                  <span>
                    <span class="line preset-name">{t(`tenants.preset.${preset}`)}</span>
                    <span class="line help">{t(`tenants.preset.${preset}.help`)}</span>
                  </span>
                </label>))}
            </div>
          </fieldset>
          <TenantFields />
        </Form>
      </section>
    </>);
}

// One tenant: what is known of it, and what a platform administrator changes: facts, whether its people
// get in, whether it is there at all.
import { useState } from "preact/hooks";

import { call, get } from "../base/api";
import { go, href } from "../base/route";
import { dateTime, locale, relative, t } from "../base/texts";
import type { Tenant } from "../base/types";
import { confirm } from "../parts/dialog";
import { Notice, say } from "../parts/feedback";
import { Field } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { slugOf, slugPattern } from "../parts/normal";
import { Await, useLoad } from "../parts/load";
import { Section } from "../parts/shell";
import { BackTo } from "./back_to";
import type { Admin } from "./context";
import { Copy } from "../parts/copy";
import { localTime, utcTime } from "./filters";
import { Administer, NoSuchTenant, TenantStatus } from "./tenants";
import { DeleteTenant } from "./tenants_delete";
import { slugTaken, TenantFields } from "./tenants_fields";
import { Title } from "./title";
import { undoing } from "./undo";

const pathOf = (id: string): string => `/auth/tenants/${encodeURIComponent(id)}`;
const patch = (id: string, json: unknown): Promise<Tenant> => call<Tenant>("PATCH", pathOf(id), { json });

export function TenantCard({ context, id }: { context: Admin; id: string }) {
  const loaded = useLoad(id, () => get<Tenant>(pathOf(id)));
  const platform = context.user.is_platform_admin;
  const set = (tenant: Tenant) => {
    loaded.set(tenant);
    context.rename(tenant.id, tenant.name);
  };
  const gone = loaded.problem?.status === 404 || loaded.problem?.status === 422;
  return (
    <>
      {platform && <BackTo href={context.link(["tenants"])}>{t("tenants.all")}</BackTo>}
      <div class="head">
        <Title>{loaded.data?.name ?? t("tenants.one")}</Title>
        {loaded.data && <TenantStatus tenant={loaded.data} />}
      </div>
      {gone ? <NoSuchTenant /> : (
        <Await from={loaded}>
          {(tenant) => (
            <>
              <Facts tenant={tenant} context={context} />
              {platform && (
                <>
                  <Edit tenant={tenant} set={set} />
                  <Access tenant={tenant} own={tenant.id === context.user.tenant_id} set={set}
                    gone={() => go(id === context.tenantId ? href(["tenants"]) : context.link(["tenants"]))} />
                </>)}
            </>)}
        </Await>)}
    </>);
}

function Facts({ tenant, context }: { tenant: Tenant; context: Admin }) {
  const { plan, max_users: most, subscription_ends_at: end } = tenant;
  return (
    <Section title={t("tenants.facts")}
      action={context.user.is_platform_admin && <Administer context={context} tenant={tenant} />}>
      <dl class="facts">
        <dt>{t("tenants.slug")}</dt><dd class="mono">{tenant.slug}</dd>
        <dt>{t("tenants.plan")}</dt><dd>{plan ?? <span class="quiet">{t("none")}</span>}</dd>
        <dt>{t("tenants.max_users")}</dt>
        <dd>{most?.toLocaleString(locale) ?? <span class="quiet">{t("tenants.unlimited")}</span>}</dd>
        <dt>{t("tenants.ends")}</dt>
        <dd>{end ? `${dateTime(end)} (${relative(end)})` : <span class="quiet">{t("tenants.no_end")}</span>}</dd>
        <dt>{t("tenants.since")}</dt><dd>{dateTime(tenant.created_at)}</dd>
        <dt>{t("tenants.changed")}</dt><dd>{dateTime(tenant.updated_at)}</dd>
      </dl>
      <Copy label={t("tenants.sign_in_link")}
        text={`${location.origin}/auth/ui/sign-in?tenant=${encodeURIComponent(tenant.slug)}`} />
    </Section>);
}

function Edit({ tenant, set }: { tenant: Tenant; set(tenant: Tenant): void }) {
  // The form is drawn anew where its values came from elsewhere: a change that was undone.
  const [turn, setTurn] = useState(0);
  const submit = async (values: Values) => {
    const plan = values["plan"] || null;
    const most = values["max_users"] ? Number(values["max_users"]) : null;
    const end = values["subscription_ends_at"];
    // Only what differs: an end that nobody touched keeps its seconds.
    const changes = {
      ...(values["name"] !== tenant.name && { name: values["name"] }),
      ...(values["slug"] !== tenant.slug && { slug: values["slug"]?.trim() }),
      ...(plan !== tenant.plan && { plan }),
      ...(most !== tenant.max_users && { max_users: most }),
      ...(end !== localTime(tenant.subscription_ends_at) && { subscription_ends_at: utcTime(end) }),
    };
    if (Object.keys(changes).length === 0) return say(t("tenants.no_change"));
    const before = Object.fromEntries(Object.keys(changes).map((key) => [key, tenant[key as keyof Tenant]]));
    set(await patch(tenant.id, changes).catch(slugTaken));
    say(t("saved"), undoing(async () => {
      set(await patch(tenant.id, before));
      setTurn((n) => n + 1);
    }));
  };
  return (
    <Section title={t("tenants.edit")}>
      <Form key={turn} class="columns-2" guard submit={submit} label={t("save")}>
        <Field name="name" label={t("tenants.name")} required maxLength={200} defaultValue={tenant.name} />
        <Field name="slug" label={t("tenants.slug")} help={t("tenants.slug_change")} required maxLength={63}
          pattern={slugPattern} normal={slugOf} wrong={t("field.slug")} autocapitalize="none" spellcheck={false}
          defaultValue={tenant.slug} />
        <TenantFields tenant={tenant} />
      </Form>
    </Section>);
}

interface AccessProps { tenant: Tenant; own: boolean; set(tenant: Tenant): void; gone(): void }

function Access({ tenant, own, set, gone }: AccessProps) {
  const [deleting, setDeleting] = useState(false);
  const { id, name } = tenant;
  const turn = async (status: Tenant["status"], undo: Tenant["status"]) => {
    set(await patch(id, { status }));
    say(t(status === "suspended" ? "tenants.now_suspended" : "tenants.now_active", { name }),
      undoing(async () => set(await patch(id, { status: undo }))));
  };
  const resume = () => confirm({
    title: t("tenants.resume_title", { name }), body: t("tenants.resume_body"), action: t("tenants.resume"),
    run: () => turn("active", "suspended"),
  });
  const suspend = () => confirm({
    title: t("tenants.suspend_title", { name }), body: t("tenants.suspend_body"),
    action: t("tenants.suspend"), danger: true,
    run: () => turn("suspended", "active"),
  });
  if (own) {
    return <Section title={t("tenants.access")}><Notice kind="info">{t("tenants.own")}</Notice></Section>;
  }
  return (
    <Section title={t("tenants.access")}>
      <div class="action-rows">
        <div class="action-row">
          <p>{t(tenant.status === "active" ? "tenants.suspend_help" : "tenants.resume_help")}</p>
          {tenant.status === "active"
            ? <button type="button" class="button" onClick={suspend}>{t("tenants.suspend")}</button>
            : <button type="button" class="button" onClick={resume}>{t("tenants.resume")}</button>}
        </div>
        <div class="action-row">
          <p>{t("tenants.delete_help")}</p>
          <button type="button" class="button bad" onClick={() => setDeleting(true)}>{t("tenants.delete")}</button>
        </div>
      </div>
      {deleting && <DeleteTenant tenant={tenant} close={() => setDeleting(false)} gone={gone} />}
    </Section>);
}

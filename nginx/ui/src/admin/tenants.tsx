// Tenants, which people know as organisations: platform administrators see all of them, anybody else
// the card of their own.
import { date, dateTime, locale, t } from "../base/texts";
import type { Tenant } from "../base/types";
import { Empty } from "../parts/feedback";
import { Icon } from "../parts/icon";
import { Table, useList } from "../parts/load";
import type { Admin } from "./context";
import { NothingFound, TextFilter, Toolbar, useFilters } from "./filters";
import { TenantCard } from "./tenants_card";
import { NewTenant } from "./tenants_new";
import { Title } from "./title";

export function Tenants({ context }: { context: Admin }) {
  const [, id] = context.route.path;
  if (!context.user.is_platform_admin) return <TenantCard context={context} id={context.user.tenant_id} />;
  if (id === "new") return <NewTenant context={context} />;
  if (id) return <TenantCard key={id} context={context} id={id} />;
  return <AllTenants context={context} />;
}

function AllTenants({ context }: { context: Admin }) {
  const filters = useFilters(context, ["q"]);
  const list = useList<Tenant>("/auth/tenants", { sort: "slug", q: filters.values["q"] });
  return (
    <>
      <div class="head">
        <Title>{t("tenants.title")}</Title>
        <a class="button primary" href={context.link(["tenants", "new"])}><Icon name="plus" />{t("tenants.new")}</a>
      </div>
      <section class="section" aria-label={t("tenants.title")}>
        <Toolbar filters={filters} label={t("filters.title")}>
          <TextFilter filters={filters} name="q" label={t("tenants.search")} maxLength={100} />
        </Toolbar>
        <Table caption={t("tenants.title")} list={list}
          empty={<NothingFound filters={filters} title={t("tenants.none")} />}
          columns={[
            { title: t("tenants.name"), heads: true, cell: (one) => (
              <div>
                <a class="clamped" title={one.name} href={context.link(["tenants", one.id])}>
                  {one.name.trim() || one.slug}</a>
                <span class="line quiet mono">{one.slug}</span>
              </div>) },
            { title: t("tenants.status"), cell: (one) => <TenantStatus tenant={one} /> },
            { title: t("tenants.plan"), cell: ({ plan }) => plan ?? <None /> },
            { title: t("tenants.ends"), cell: ({ subscription_ends_at: end }) =>
              end ? <time dateTime={end}>{date(end)}</time> : <span class="quiet">{t("tenants.no_end")}</span> },
            { title: t("tenants.max_users"), end: true,
              cell: ({ max_users }) => max_users?.toLocaleString(locale) ??
                <span class="quiet">{t("tenants.unlimited")}</span> },
            { title: "", end: true, cell: (one) => <Administer context={context} tenant={one} /> },
          ]} />
      </section>
    </>);
}

const None = () => <span class="quiet" aria-label={t("none")} role="img">–</span>;

const hasEnded = ({ subscription_ends_at: end }: Tenant): boolean => end !== null && Date.parse(end) < Date.now();

export function TenantStatus({ tenant }: { tenant: Tenant }) {
  return (
    <span class="tags">
      {tenant.status === "suspended" ? <span class="tag bad">{t("tenants.suspended")}</span>
        : <span class="tag good">{t("tenants.active")}</span>}
      {hasEnded(tenant) &&
        <span class="tag warn" title={dateTime(tenant.subscription_ends_at ?? "")}>{t("tenants.ended")}</span>}
    </span>);
}

// To the people of a tenant; the page stays with it until one switches back.
export function Administer({ context, tenant }: { context: Admin; tenant: Tenant }) {
  if (tenant.id === (context.tenantId ?? context.user.tenant_id)) return <span class="quiet">{t("tenants.here")}</span>;
  const own = tenant.id === context.user.tenant_id;
  return (
    <a class="button small" href={`#/users${own ? "" : `?tenant=${encodeURIComponent(tenant.id)}`}`}>
      {t("tenants.administer")}<span class="hidden"> {tenant.name}</span>
    </a>);
}

export const NoSuchTenant = () => <Empty title={t("tenants.gone")} />;

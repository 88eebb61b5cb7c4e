// The roles that people can have: the system's, and those of the tenant.
import { may } from "../base/session";
import { date, dateTime, plural, t } from "../base/texts";
import type { Role } from "../base/types";
import { Empty } from "../parts/feedback";
import { Icon } from "../parts/icon";
import { Table, useList, type Column } from "../parts/load";
import type { Admin } from "./context";
import { everything } from "./permission";
import { Title } from "./title";

export function RoleList({ context }: { context: Admin }) {
  const list = useList<Role>("/auth/roles", context.query({ sort: "name" }));
  const seesUsers = may(context.user, "auth:users:view");
  const columns: Column<Role>[] = [
    { title: t("roles.role"), heads: true, cell: ({ id, name, description }) => (
      <span>
        <a href={context.link(["roles", id])}>{name}</a>
        {description && <span class="line quiet role-about">{description}</span>}
      </span>) },
    { title: t("roles.kind"), cell: ({ tenant_id: tenant }) =>
      <span class={tenant ? "tag" : "tag accent"}>{t(tenant ? "roles.own" : "roles.system")}</span> },
    { title: t("roles.permissions"), cell: ({ permissions }) => permissions.includes(everything) ? t("roles.everything")
      : plural("roles.count", permissions.length) },
    { title: t("roles.changed"), cell: ({ updated_at: time }) => <time dateTime={time} title={dateTime(time)}>
      {date(time)}</time> },
    ...(seesUsers ? [{ title: "", cell: ({ id, name }: Role) => (
      <a class="people-link" href={context.link(["users"], { role: id })}>
        {t("roles.people")}<span class="hidden"> {t("roles.people_of", { role: name })}</span></a>) }] : []),
  ];
  return (
    <>
      <div class="head">
        <Title>{t("roles.title")}</Title>
        <div class="row-actions">
          {context.user.is_platform_admin && <a class="button" href={context.link(["roles", "permissions"])}>
            {t("roles.catalogue")}</a>}
          {may(context.user, "auth:roles:create") &&
            <a class="button primary" href={context.link(["roles", "new"])}><Icon name="plus" />{t("roles.add")}</a>}
        </div>
      </div>
      <section class="section" aria-label={t("roles.title")}>
        <p class="intro">{t("roles.intro")}</p>
        <Table caption={t("roles.title")} list={list} columns={columns} empty={<Empty title={t("roles.none")} />} />
      </section>
    </>);
}

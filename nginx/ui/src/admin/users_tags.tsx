// What there is to know of somebody at a glance.
import { t } from "../base/texts";
import type { User } from "../base/types";
import { Avatar } from "../parts/shell";
import { useAdmin } from "./context";

const kinds = { active: "good", pending: "warn", disabled: "bad" } as const;

export const StatusTag = ({ status }: { status: User["status"] }) =>
  <span class={`tag ${kinds[status]}`}>{t(`users.status.${status}`)}</span>;

export function RoleTags({ user }: { user: User }) {
  return (
    <span class="tags">
      {user.is_platform_admin ? <span class="tag accent">{t("users.platform_admin")}</span>
        : user.is_tenant_admin && <span class="tag accent">{t("users.admin")}</span>}
      {user.roles.filter(({ name }) => !user.is_platform_admin || name !== "Platform Administrator")
        .map(({ id, name }) => <span class="tag" key={id}>{name}</span>)}
      {user.roles.length === 0 && !user.is_tenant_admin && <span class="quiet">{t("users.no_roles")}</span>}
    </span>);
}

// Pictures are for people of one's own tenant (API.md).
export function Face({ user, size = 36 }: { user: User; size?: number }) {
  const { tenantId } = useAdmin();
  return <Avatar user={{ ...user, picture_url: tenantId ? null : user.picture_url }} size={size} />;
}

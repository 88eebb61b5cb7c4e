// The administration (SPEC W3): one table of its views, of which people see those they have use for.
import "../style/all.css";
import "./base/fresh";
import "../style/admin.css";
import "../style/operate.css";
import type { ComponentType } from "preact";
import { useMemo, useState } from "preact/hooks";

import { Attempts } from "./admin/attempts";
import { Audit } from "./admin/audit";
import { AdminProvider, type Admin } from "./admin/context";
import { Outbox } from "./admin/outbox";
import { Roles } from "./admin/roles";
import { Services } from "./admin/services";
import { Settings } from "./admin/settings";
import { Tenants } from "./admin/tenants";
import { TenantSwitch } from "./admin/tenant_switch";
import { Title } from "./admin/title";
import { Users } from "./admin/users";
import { asProblem, get, type Query } from "./base/api";
import { href, useRoute } from "./base/route";
import { gateOf, here, may, whereAmI, whoAmI } from "./base/session";
import { t, type Key } from "./base/texts";
import type { Info, Tenant, User } from "./base/types";
import { begin } from "./parts/begin";
import { Empty } from "./parts/feedback";
import type { IconName } from "./parts/icon";
import { Await, useLoad } from "./parts/load";
import { Shell } from "./parts/shell";

type View = ComponentType<{ context: Admin }>;
interface Row { route: string; label: Key; icon: IconName; sees(user: User): boolean; view: View }

const isAdmin = (user: User) => user.is_platform_admin || user.is_tenant_admin;
const holds = (permission: string) => (user: User) => may(user, permission);

const views: Row[] = [
  { route: "users", label: "users.title", icon: "user", sees: holds("auth:users:view"), view: Users },
  { route: "roles", label: "roles.title", icon: "shield", sees: holds("auth:roles:view"), view: Roles },
  { route: "tenants", label: "tenants.title", icon: "building", sees: isAdmin, view: Tenants },
  { route: "settings", label: "settings.title", icon: "sliders", sees: isAdmin, view: Settings },
  { route: "attempts", label: "attempts.title", icon: "key", sees: holds("auth:attempts:view"), view: Attempts },
  { route: "audit", label: "audit.title", icon: "list", sees: holds("auth:audit:view"), view: Audit },
  { route: "outbox", label: "outbox.title", icon: "mail", sees: isAdmin, view: Outbox },
  { route: "services", label: "services.nav", icon: "plug", sees: isAdmin, view: Services },
];

interface Start { user: User; info: Info }

// Null where the visitor is on the way to another page.
async function start(): Promise<Start | null> {
  const session = await whoAmI();
  if (!session) return null;
  try {
    return { user: session.user, info: await whereAmI() };
  } catch (error) {
    const gate = gateOf(asProblem(error), here());
    if (!gate) throw error;
    location.replace(gate);
    return null;
  }
}

function Administration({ user, info }: Start) {
  const route = useRoute();
  const chosen = user.is_platform_admin ? route.query["tenant"] : undefined;
  const tenantId = chosen === user.tenant_id ? undefined : chosen;
  const other = useLoad(tenantId ?? "", () => tenantId
    ? get<Tenant>(`/auth/tenants/${encodeURIComponent(tenantId)}`) : Promise.resolve(null));
  const [names, setNames] = useState<Record<string, string>>({});
  const own = names[user.tenant_id] ?? info.tenant.name;
  const tenantName = tenantId ? names[tenantId] ?? other.data?.name : own;
  const context = useMemo<Admin>(() => ({
    user, tenantId, tenantName, route,
    rename: (id, name) => setNames((known) => ({ ...known, [id]: name })),
    query: (extra: Query = {}) => ({ ...extra, tenant_id: tenantId }),
    link: (path, query = {}) => href(path, { ...query, tenant: tenantId }),
  }), [user, tenantId, tenantName, JSON.stringify(route)]);

  const seen = views.filter(({ sees }) => sees(user));
  const named = route.path[0] ?? seen[0]?.route;
  const row = seen.find((one) => one.route === named);
  return (
    <Shell user={user} tenant={own} here="admin" navLabel={t("admin.views")}
      nav={seen.map(({ route: name, label, icon }) => ({ href: context.link([name]), label: t(label), icon }))}
      current={row ? context.link([row.route]) : ""}
      above={user.is_platform_admin && <TenantSwitch context={context} unknown={other.problem !== null} />}>
      <AdminProvider value={context}>
        {row ? <row.view key={`${row.route} ${tenantId ?? ""}`} context={context} /> : (
          <>
            <Title>{t("nav.admin")}</Title>
            <Empty title={t(seen.length ? "admin.no_view" : "admin.nothing")}>
              {seen.length > 0 && <p>{t("admin.no_view_more")}</p>}
            </Empty>
          </>)}
      </AdminProvider>
    </Shell>);
}

function Page() {
  const started = useLoad("", start);
  return started.data ? <Administration {...started.data} />
    : <main class="starting"><Await from={started}>{() => null}</Await></main>;
}

await begin("admin", () => <Page />);

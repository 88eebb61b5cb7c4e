// Which tenant a platform administrator administers: its name, and a dialog that finds another. It is
// kept in the address, so that links and "back" stay with it.
import { useState } from "preact/hooks";

import { all } from "../base/all";
import { get } from "../base/api";
import { go, href } from "../base/route";
import { t } from "../base/texts";
import type { Tenant } from "../base/types";
import { Dialog } from "../parts/dialog";
import { Empty } from "../parts/feedback";
import { Icon } from "../parts/icon";
import { Await, useLoad } from "../parts/load";
import type { Admin } from "./context";

export function TenantSwitch({ context, own }: { context: Admin; own: string }) {
  const [open, setOpen] = useState(false);
  const { tenantId } = context;
  const other = useLoad(tenantId ?? "", () => tenantId ? get<Tenant>(`/auth/tenants/${encodeURIComponent(tenantId)}`)
    : Promise.resolve(null));
  const name = tenantId ? (other.problem ? t("admin.tenant_unknown") : other.data?.name ?? "…") : own;
  return (
    <div class={tenantId ? "tenant-switch elsewhere" : "tenant-switch"}>
      <button type="button" class="tenant-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <span class="tenant-what">{t(tenantId ? "admin.tenant_other" : "admin.tenant_own")}</span>
        <span class="tenant-name">{name}</span>
        <Icon name="updown" />
        <span class="hidden">{t("admin.tenant_switch")}</span>
      </button>
      {open && <Choice context={context} close={() => setOpen(false)} />}
    </div>);
}

// How many are drawn: whoever looks for another types more of its name.
const most = 50;

function Choice({ context, close }: { context: Admin; close(): void }) {
  const [words, setWords] = useState("");
  const tenants = useLoad("", () => all<Tenant>("/auth/tenants", { sort: "slug" }));
  const current = context.tenantId ?? context.user.tenant_id;
  // The list of the view one is in: nothing else in it is another tenant's.
  const target = (id: string) => href(context.route.path.slice(0, 1),
    { tenant: id === context.user.tenant_id ? undefined : id });
  const wanted = words.trim().toLowerCase();
  const found = (tenants.data ?? []).filter(({ name, slug }) => `${name}\n${slug}`.toLowerCase().includes(wanted));
  // Who types a whole name means it, whatever else contains it.
  const first = found.find(({ slug }) => slug === wanted) ?? found[0];
  return (
    <Dialog title={t("admin.tenant_choose")} close={close}>
      <div class="tenant-choice">
        <form role="search" onSubmit={(event) => {
          event.preventDefault();
          if (!first) return;
          go(target(first.id));
          close();
        }}>
          <div class="field">
            <label for="tenant-q">{t("admin.tenant_search")}</label>
            <input id="tenant-q" type="search" value={words} autofocus autocomplete="off" maxLength={100}
              onInput={(event) => setWords(event.currentTarget.value)} />
          </div>
        </form>
        <Await from={tenants}>
          {() => found.length === 0 ? <Empty title={t("admin.tenant_none")} /> : (
            <ul class="choices" aria-label={t("admin.tenants")}>
              {found.slice(0, most).map(({ id, name, slug, status }) => (
                <li key={id}>
                  <a href={target(id)} aria-current={id === current ? "true" : undefined} onClick={close}>
                    <span class="choice-name">{name}</span>
                    {status === "suspended" && <span class="tag warn">{t("admin.tenant_suspended")}</span>}
                    <span class="quiet mono">{slug}</span>
                  </a>
                </li>))}
            </ul>)}
        </Await>
        {found.length > most && <p class="quiet small-text" role="status">
          {t("admin.tenants_more", { n: most, total: found.length })}</p>}
      </div>
    </Dialog>);
}

// Which tenant a platform administrator administers: its name, and a dialog that finds another. It is
// kept in the address, so that links and "back" stay with it.
import { useEffect, useState } from "preact/hooks";

import { get } from "../base/api";
import { go, href } from "../base/route";
import { t } from "../base/texts";
import type { Tenant } from "../base/types";
import { Dialog } from "../parts/dialog";
import { Empty, Failure, Loading } from "../parts/feedback";
import { Icon } from "../parts/icon";
import { useList, useLoad } from "../parts/load";
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

function Choice({ context, close }: { context: Admin; close(): void }) {
  const [typed, setTyped] = useState("");
  const [q, setQ] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setQ(typed.trim()), 250);
    return () => clearTimeout(timer);
  }, [typed]);
  const list = useList<Tenant>("/auth/tenants", { q, sort: "name", limit: 20 });
  const current = context.tenantId ?? context.user.tenant_id;
  // Of the view one is in, but its list: nothing in it is another tenant's.
  const target = (id: string) => href(context.route.path.slice(0, 1), { tenant: id === context.user.tenant_id ? undefined : id });
  const first = list.items[0];
  return (
    <Dialog title={t("admin.tenant_choose")} close={close}>
      <div class="tenant-choice">
        <form role="search" onSubmit={(event) => {
          event.preventDefault();
          if (!first || list.state === "loading" || typed.trim() !== q) return;
          go(target(first.id));
          close();
        }}>
          <div class="field">
            <label for="tenant-q">{t("admin.tenant_search")}</label>
            <input id="tenant-q" type="search" value={typed} autofocus autocomplete="off" maxLength={100}
              onInput={(event) => setTyped(event.currentTarget.value)} />
          </div>
        </form>
        {list.problem && <Failure problem={list.problem} retry={list.reload} />}
        {list.state === "loading" && list.items.length === 0 && <Loading />}
        {list.state === "ready" && list.items.length === 0 && <Empty title={t("admin.tenant_none")} />}
        {list.items.length > 0 && (
          <ul class="choices" aria-busy={list.state === "loading"}>
            {list.items.map(({ id, name, slug, status }) => (
              <li key={id}>
                <a href={target(id)} aria-current={id === current ? "true" : undefined} onClick={close}>
                  <span class="choice-name">{name}</span>
                  {status === "suspended" && <span class="tag warn">{t("admin.tenant_suspended")}</span>}
                  <span class="quiet mono">{slug}</span>
                </a>
              </li>))}
          </ul>)}
        {list.hasMore && (
          <p class="more"><button type="button" class="button small" aria-disabled={list.state === "more"}
            onClick={() => list.state !== "more" && list.loadMore()}>{t("more")}</button></p>)}
      </div>
    </Dialog>);
}

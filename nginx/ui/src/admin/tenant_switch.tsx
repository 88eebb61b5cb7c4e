// Which tenant a platform administrator administers: its name, and a dialog that finds another. It is
// kept in the address, so that links and "back" stay with it.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { get } from "../base/api";
import { go, href } from "../base/route";
import { t } from "../base/texts";
import type { Page, Tenant } from "../base/types";
import { useAction } from "../parts/action";
import { Dialog } from "../parts/dialog";
import { Empty, Failure, Loading } from "../parts/feedback";
import { Icon } from "../parts/icon";
import { useList, type List } from "../parts/load";
import type { Admin } from "./context";
import { useDebounced } from "./debounce";

// `unknown`: there is no such tenant, or none any more.
export function TenantSwitch({ context, unknown }: { context: Admin; unknown: boolean }) {
  const [open, setOpen] = useState(false);
  const { tenantId, tenantName } = context;
  const name = tenantId && unknown ? t("admin.tenant_unknown") : tenantName ?? "…";
  return (
    <div class={tenantId ? "tenant-switch elsewhere" : "tenant-switch"}>
      <button type="button" class="tenant-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <span class="tenant-what">{t(tenantId ? "admin.tenant_other" : "admin.tenant_own")}</span>
        <span class="tenant-name" title={name}>{name}</span>
        <Icon name="updown" />
        <span class="hidden">{t("admin.tenant_switch")}</span>
      </button>
      {tenantId && unknown && (
        <nav class="tenant-home" aria-label={t("admin.back")}>
          <a href={href(context.route.path.slice(0, 1))}>{t("admin.tenant_home")}</a>
        </nav>)}
      {open && <Choice context={context} close={() => setOpen(false)} />}
    </div>);
}

// How many are drawn: whoever looks for another types more of its name.
const most = 50;

function Choice({ context, close }: { context: Admin; close(): void }) {
  const [words, setWords] = useState("");
  const wanted = words.trim();
  const found = useList<Tenant>("/auth/tenants", { sort: "slug", limit: most, q: useDebounced(wanted) });
  const { busy, problem, act } = useAction();
  const current = context.tenantId ?? context.user.tenant_id;
  // The list of the view one is in: nothing else in it is another tenant's.
  const target = (id: string) => href(context.route.path.slice(0, 1),
    { tenant: id === context.user.tenant_id ? undefined : id });
  // What is typed may not have been looked for yet.
  const first = () => act(async () => {
    if (!wanted) return;
    const { items } = await get<Page<Tenant>>("/auth/tenants", { sort: "slug", limit: 200, q: wanted });
    // Who types a whole name means it, whatever else contains it.
    const one = items.find(({ slug }) => slug === wanted.toLowerCase()) ?? items[0];
    if (!one) return;
    go(target(one.id));
    close();
  });
  return (
    <Dialog title={t("admin.tenant_choose")} close={close}>
      <div class="tenant-choice">
        <form role="search" aria-busy={busy} onSubmit={(event) => {
          event.preventDefault();
          void first();
        }}>
          <div class="field">
            <label for="tenant-q">{t("admin.tenant_search")}</label>
            <input id="tenant-q" type="search" value={words} autofocus autocomplete="off" maxLength={100}
              onInput={(event) => setWords(event.currentTarget.value)} />
          </div>
        </form>
        {problem && <Failure problem={problem} retry={() => void first()} />}
        <Found list={found}>
          {({ id, name, slug, status }) => (
            <a href={target(id)} aria-current={id === current ? "true" : undefined} onClick={close}>
              <span class="choice-name clamped" title={name}>{name.trim() || slug}</span>
              {status === "suspended" && <span class="tag warn">{t("admin.tenant_suspended")}</span>}
              <span class="quiet mono">{slug}</span>
            </a>)}
        </Found>
      </div>
    </Dialog>);
}

function Found({ list, children }: { list: List<Tenant>; children: (tenant: Tenant) => ComponentChildren }) {
  if (list.problem) return <Failure problem={list.problem} retry={list.reload} />;
  if (list.items.length === 0) return list.state === "loading" ? <Loading /> : <Empty title={t("admin.tenant_none")} />;
  return (
    <>
      <ul class="choices" aria-label={t("admin.tenants")} aria-busy={list.state === "loading"}>
        {list.items.map((one) => <li key={one.id}>{children(one)}</li>)}
      </ul>
      {list.hasMore && <p class="quiet small-text" role="status">{t("admin.tenants_more", { n: most })}</p>}
    </>);
}

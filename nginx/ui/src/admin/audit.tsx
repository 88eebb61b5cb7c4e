// The audit log (SPEC A1): who did what to whom, and what it was before.
import { useState } from "preact/hooks";

import { may } from "../base/session";
import { dateTime, t, tryText } from "../base/texts";
import type { AuditEvent } from "../base/types";
import { Table, useList } from "../parts/load";
import { Exactly } from "../parts/when";
import { changesOf, nameOf } from "./audit_change";
import { AuditDetails } from "./audit_details";
import { events } from "./audit_events";
import { useNames, type Names } from "./audit_names";
import type { Admin } from "./context";
import { NothingFound, SelectFilter, TimeFilter, Toolbar, useFilters } from "./filters";
import { isGrant } from "./permission";
import { isId, PersonFilter } from "./person_filter";
import { Title } from "./title";

export const eventText = (event: string): string => tryText(`audit.event.${event}`) ?? event;

// Permissions are their codes.
const isTarget = (text: string): boolean => isId(text) || isGrant(text);

export function Audit({ context }: { context: Admin }) {
  const filters = useFilters(context, ["event", "actor_id", "target_id", "from", "to"]);
  // What stands in an old link and is no id would empty the list.
  const { actor_id: actor = "", target_id: target = "", ...others } = filters.values;
  const list = useList<AuditEvent>("/auth/audit", context.query({ ...others,
    actor_id: isId(actor) ? actor : "", target_id: isTarget(target) ? target : "" }));
  const names = useNames(context, list.items, [actor, target].filter(isId));
  const [shown, setShown] = useState<AuditEvent | null>(null);
  return (
    <>
      <div class="head">
        <Title>{t("audit.title")}</Title>
        <button type="button" class="button" onClick={list.reload}>{t("filters.reload")}</button>
      </div>
      <p class="intro">{t("audit.intro")}</p>
      <section class="section" aria-label={t("audit.title")}>
        <Toolbar filters={filters} label={t("filters.title")}>
          <SelectFilter filters={filters} name="event" label={t("audit.event")} any={t("filters.any")}
            options={events.map((event) => [event, eventText(event)])} />
          <PersonFilter {...{ context, filters, names }} name="actor_id" label={t("audit.actor_id")} />
          <PersonFilter {...{ context, filters, names }} name="target_id" label={t("audit.target_id")}
            accepts={isTarget} />
          <TimeFilter filters={filters} name="from" label={t("filters.from")} />
          <TimeFilter filters={filters} name="to" label={t("filters.to")} />
        </Toolbar>
        <Table caption={t("audit.title")} list={list}
          empty={<NothingFound filters={filters} title={t("audit.none")} />}
          columns={[
            { title: t("audit.when"), cell: ({ created_at }) =>
              <Exactly time={created_at} /> },
            { title: t("audit.event"), heads: true, cell: (one) => <What event={one} /> },
            { title: t("audit.actor"), cell: ({ actor_id }) =>
              <Person context={context} id={actor_id} names={names} /> },
            { title: t("audit.target"), cell: (one) => <Target context={context} event={one} names={names} /> },
            { title: "", end: true, cell: (one) => (
              <button type="button" class="button small" onClick={() => setShown(one)}>
                {t("audit.details")}<span class="hidden"> {eventText(one.event)}, {dateTime(one.created_at)}</span>
              </button>) },
          ]} />
      </section>
      {shown && <AuditDetails context={context} event={shown} names={names} close={() => setShown(null)} />}
    </>);
}

// What happened, and of a change which fields it touched.
function What({ event: { event, before, after } }: { event: AuditEvent }) {
  const fields = before && after
    ? [...new Set(changesOf(before as never, after as never).map(({ path }) => nameOf(path[0] ?? "")))] : [];
  return (
    <div>
      {eventText(event)}
      {fields.length > 0 &&
        <span class="line help">{fields.slice(0, 3).join(", ")}{fields.length > 3 && ` +${fields.length - 3}`}</span>}
    </div>);
}

export function Person({ context, id, names }: { context: Admin; id: string | null; names: Names }) {
  if (!id) return <span class="quiet">{t("audit.nobody")}</span>;
  const name = names.get(id);
  if (id === context.user.id && context.tenantId) return <>{name}</>;
  if (!name) return <span class="quiet" title={id}>{t("audit.unknown", { id: id.slice(-6) })}</span>;
  if (!may(context.user, "auth:users:view")) return <>{name}</>;
  return <a href={context.link(["users", id])}>{name}</a>;
}

export function Target({ context, event, names }: { context: Admin; event: AuditEvent; names: Names }) {
  const { target_type: type, target_id: id, before, after } = event;
  if (type === "user") {
    if (!id) return <>{String(after?.["email"] ?? t("audit.unknown_address"))}</>;
    // Nothing leads to somebody who was deleted just now.
    return names.get(id) === null && typeof before?.["email"] === "string" ? <>{before["email"]}</>
      : <Person context={context} id={id} names={names} />;
  }
  const name = after?.["name"] ?? before?.["name"] ?? (type === "role" && id ? names.get(id) : undefined);
  const kind = tryText(`audit.target.${type}`) ?? type;
  if (type === "permission" && id) return <span class="mono">{id}</span>;
  return <>{typeof name === "string" ? `${kind}: ${name}` : kind}</>;
}

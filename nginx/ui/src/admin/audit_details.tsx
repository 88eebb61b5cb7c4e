// One event of the audit log, whole.
import { dateTime, t } from "../base/texts";
import type { AuditEvent } from "../base/types";
import { Dialog } from "../parts/dialog";
import { eventText, Person, Target } from "./audit";
import { changesOf, listChange, nameOf, valueText, type Change } from "./audit_change";
import type { Names } from "./audit_names";
import type { Admin } from "./context";

interface Props { context: Admin; event: AuditEvent; names: Names; close(): void }

export function AuditDetails({ context, event, names, close }: Props) {
  const changes = changesOf(event.before as never, event.after as never);
  return (
    <Dialog title={eventText(event.event)} close={close} wide>
      {/* A link out of it leaves it. */}
      <div class="form" onClick={({ target }) => { if (target instanceof HTMLAnchorElement) close(); }}>
        <dl class="facts">
          <dt>{t("audit.when")}</dt><dd><time dateTime={event.created_at}>{dateTime(event.created_at)}</time></dd>
          <dt>{t("audit.actor")}</dt><dd>
            <Person context={context} id={event.actor_id} names={names} />
            {event.actor_id &&
              <a class="line help" href={context.link(["audit"], { actor_id: event.actor_id })}>
                {t("audit.more_by")}</a>}
          </dd>
          <dt>{t("audit.target")}</dt><dd>
            <Target context={context} event={event} names={names} />
            {event.target_id &&
              <a class="line help" href={context.link(["audit"], { target_id: event.target_id })}>
                {t("audit.more_about")}</a>}
          </dd>
          {event.target_id && <><dt>{t("audit.id")}</dt><dd class="mono">{event.target_id}</dd></>}
          <dt>{t("audit.ip")}</dt><dd class="mono">{event.ip || "–"}</dd>
          <dt>{t("audit.request")}</dt><dd class="mono">{event.request_id || "–"}</dd>
          <dt>{t("audit.code")}</dt><dd class="mono">{event.event}</dd>
        </dl>
        {changes.length > 0
          ? <Changes changes={changes} both={event.before !== null && event.after !== null}
              created={event.before === null} />
          : <p class="quiet">{t("audit.no_change")}</p>}
      </div>
    </Dialog>);
}

// Where there was nothing before, or is nothing after, one column tells it all.
function Changes({ changes, both, created }: { changes: Change[]; both: boolean; created: boolean }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("audit.changes")}>
      <table class="diff">
        <caption>{t("audit.changes")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("audit.field")}</th>
            {both ? <><th scope="col">{t("audit.before")}</th><th scope="col">{t("audit.after")}</th></>
              : <th scope="col">{t(created ? "audit.value" : "audit.before")}</th>}
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => (
            <tr key={change.path.join("/")}>
              <th scope="row">{change.path.map(nameOf).join(" › ")}</th>
              {both ? <Both change={change} />
                : <td><Value of={change} value={created ? change.after : change.before} /></td>}
            </tr>))}
        </tbody>
      </table>
    </div>);
}

function Value({ of: { path }, value }: { of: Change; value: Change["before"] }) {
  const text = valueText(path.at(-1) ?? "", value);
  return text === undefined ? <span class="quiet">{t("none")}</span> : <>{text}</>;
}

function Both({ change }: { change: Change }) {
  const list = listChange(change);
  if (list) {
    return (
      <>
        <td>
          {list.gone.length ? list.gone.map((one) => <del key={one} class="line">{one}</del>)
            : <span class="quiet">–</span>}
        </td>
        <td>
          {list.come.length ? list.come.map((one) => <ins key={one} class="line">{one}</ins>)
            : <span class="quiet">–</span>}
        </td>
      </>);
  }
  return (
    <>
      <td><del><Value of={change} value={change.before} /></del></td>
      <td><ins><Value of={change} value={change.after} /></ins></td>
    </>);
}

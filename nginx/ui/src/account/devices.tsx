// Where somebody is signed in, and how to end that (SPEC S6).
import { call, post } from "../base/api";
import { t } from "../base/texts";
import type { Session } from "../base/types";
import { deviceIcon, deviceName } from "../parts/device";
import { confirm } from "../parts/dialog";
import { Empty, say } from "../parts/feedback";
import { focusHeading } from "../parts/focus";
import { Icon } from "../parts/icon";
import { Table, useList, type Column } from "../parts/load";
import { Section, Title } from "../parts/shell";
import { Exactly, When } from "../parts/when";
import type { Mine } from "./me";

const nameOf = ({ device, user_agent }: Session): string => deviceName(device.name, user_agent);

export function Devices({ info }: Mine) {
  const list = useList<Session>("/auth/me/sessions");
  const end = (session: Session) => confirm({
    title: t("account.sessions.end_title", { device: nameOf(session) }),
    body: <p>{t("account.sessions.end_body")}</p>,
    action: t("account.sessions.end_do"),
    danger: true,
    run: async () => {
      await call("DELETE", `/auth/me/sessions/${session.id}`);
      list.replace((items) => items.filter(({ id }) => id !== session.id));
      say(t("account.sessions.ended", { device: nameOf(session) }));
      focusHeading();
    },
  });
  const endOthers = () => confirm({
    title: t("account.sessions.end_others"),
    body: <p>{t("account.sessions.end_others_body")}</p>,
    action: t("account.sessions.end_others_do"),
    danger: true,
    run: async () => {
      await post("/auth/logout-all", { keep_current: true });
      list.replace((items) => items.filter(({ current }) => current));
      say(t("account.sessions.others_ended"));
      focusHeading();
    },
  });
  const columns: Column<Session>[] = [
    { title: t("account.sessions.device"), heads: true, cell: (session) => (
      <span class="device">
        <Icon name={deviceIcon(session.device.type, session.user_agent)} />
        <span>
          {nameOf(session)}
          {session.current && <span class="tag good">{t("account.sessions.this")}</span>}
        </span>
      </span>) },
    { title: t("account.ip"), cell: ({ ip }) => <span class="mono">{ip}</span> },
    { title: t("account.sessions.active"), cell: ({ last_active_at }) => <When time={last_active_at} /> },
    { title: t("account.sessions.since"), cell: ({ created_at }) => <Exactly time={created_at} /> },
    { title: "", end: true, cell: (session) => !session.current && (
      <button type="button" class="button small" onClick={() => end(session)}
        aria-label={t("account.sessions.end_title", { device: nameOf(session) })}>
        {t("account.sessions.end")}
      </button>) },
  ];
  const others = list.items.some(({ current }) => !current);
  return (
    <>
      <Title tenant={info.tenant.name}>{t("account.devices")}</Title>
      <Section title={t("account.sessions")} intro={t("account.sessions.intro")} action={others &&
        <button type="button" class="button small" onClick={endOthers}>{t("account.sessions.end_others")}</button>}>
        <Table caption={t("account.sessions")} list={list} columns={columns}
          empty={<Empty title={t("account.sessions.none")} />} />
        {list.state === "ready" && !others && !list.hasMore && list.items.length > 0 &&
          <p class="quiet">{t("account.sessions.only")}</p>}
      </Section>
    </>);
}

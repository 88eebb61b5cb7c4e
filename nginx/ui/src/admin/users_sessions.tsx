// Where a person is signed in.
import { post } from "../base/api";
import { may } from "../base/session";
import { dateTime, t } from "../base/texts";
import type { Session } from "../base/types";
import { deviceName } from "../parts/device";
import { confirm } from "../parts/dialog";
import { Empty, say } from "../parts/feedback";
import { Table, useList, type Column } from "../parts/load";
import { Section } from "../parts/shell";
import { When } from "../parts/when";
import type { OfUser } from "./users_one";

export function UserSessions({ context, user }: OfUser) {
  // Those that were ended by a change show themselves by the changed account.
  const list = useList<Session>(`/auth/users/${user.id}/sessions`, context.query({ sort: "-created_at" }));
  const mayEnd = may(context.user, "auth:users:edit") && user.id !== context.user.id && list.items.length > 0;
  const endAll = () => confirm({
    title: t("users.end_sessions"),
    body: <p>{t("users.end_sessions_body", { email: user.email })}</p>,
    action: t("users.end_sessions"),
    danger: true,
    run: async () => {
      await post(`/auth/users/${user.id}/logout`, undefined, context.query());
      list.reload();
      say(t("users.sessions_ended"));
    },
  });
  const columns: Column<Session>[] = [
    { title: t("users.device"), heads: true, cell: ({ device, user_agent: agent }) => <span title={agent}>
      {deviceName(device.name, agent)}</span> },
    { title: t("users.ip"), cell: ({ ip }) => <span class="mono">{ip}</span> },
    { title: t("users.signed_in"), cell: ({ created_at: time }) => dateTime(time) },
    { title: t("users.last_active"), cell: ({ last_active_at: time }) => <When time={time} /> },
  ];
  return (
    <Section title={t("users.sessions")} action={mayEnd && (
      <button type="button" class="button small" onClick={endAll}>{t("users.end_sessions")}</button>)}>
      <Table caption={t("users.sessions")} list={list} columns={columns}
        empty={<Empty title={t("users.sessions_none")} />} />
    </Section>);
}

// A person's latest sign-in attempts; all of them are in a view of their own.
import { t } from "../base/texts";
import type { Attempt } from "../base/types";
import { AttemptResult } from "../parts/attempt";
import { deviceName } from "../parts/device";
import { Empty } from "../parts/feedback";
import { Table, useList, type Column } from "../parts/load";
import { Section } from "../parts/shell";
import { Exactly } from "../parts/when";
import type { OfUser } from "./users_one";

const columns = (): Column<Attempt>[] => [
  { title: t("users.when"), heads: true, cell: ({ created_at: time }) => <Exactly time={time} /> },
  { title: t("users.outcome"), cell: (attempt) => <AttemptResult attempt={attempt} /> },
  { title: t("users.ip"), cell: ({ ip }) => <span class="mono">{ip}</span> },
  { title: t("users.device"), cell: ({ user_agent: agent }) => <span title={agent}>{deviceName(null, agent)}</span> },
];

export function UserAttempts({ context, user }: OfUser) {
  const list = useList<Attempt>("/auth/login-attempts", context.query({ user_id: user.id, limit: 10 }));
  return (
    <Section title={t("users.attempts")} action={
      <button type="button" class="button small" onClick={list.reload}>{t("users.refresh")}</button>}>
      <Table caption={t("users.attempts")} list={list} columns={columns()}
        empty={<Empty title={t("users.attempts_none")} />} />
    </Section>);
}

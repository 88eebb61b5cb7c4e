// The sign-ins that somebody made, or that others tried in their name (SPEC L4).
import { go, href, useRoute } from "../base/route";
import { t } from "../base/texts";
import type { Attempt } from "../base/types";
import { AttemptResult } from "../parts/attempt";
import { deviceName } from "../parts/device";
import { Empty } from "../parts/feedback";
import { Select } from "../parts/fields";
import { Table, useList, type Column } from "../parts/load";
import { Section, Title } from "../parts/shell";
import { Exactly } from "../parts/when";
import type { Mine } from "./me";

const columns = (): Column<Attempt>[] => [
  { title: t("account.history.when"), heads: true, cell: ({ created_at }) => <Exactly time={created_at} /> },
  { title: t("account.history.result"), cell: (attempt) => <AttemptResult attempt={attempt} /> },
  { title: t("account.sessions.device"), cell: ({ device, user_agent }) => deviceName(device, user_agent) },
  { title: t("account.ip"), cell: ({ ip }) => <span class="mono">{ip}</span> },
];

export function History({ info }: Mine) {
  const success = useRoute().query["success"] ?? "";
  const list = useList<Attempt>("/auth/me/login-attempts", { success });
  return (
    <>
      <Title tenant={info.tenant.name}>{t("account.history")}</Title>
      <Section title={t("account.history.title")}
        intro={<>{t("account.history.intro")} <a href="#/security">{t("account.history.act")}</a></>}>
        <div class="toolbar">
          <Select name="success" label={t("account.history.show")} value={success}
            onChange={(event) => go(href(["history"], { success: event.currentTarget.value }), true)}>
            <option value="">{t("account.history.all")}</option>
            <option value="true">{t("account.history.only_good")}</option>
            <option value="false">{t("account.history.only_bad")}</option>
          </Select>
        </div>
        <Table caption={t("account.history.title")} list={list} columns={columns()} empty={
          <Empty title={t(success === "false" ? "account.history.none_bad" : "account.history.none")} />} />
      </Section>
    </>);
}

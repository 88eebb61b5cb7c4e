// The sign-ins that somebody made, or that others tried in their name (SPEC L4).
import { go, href, useRoute } from "../base/route";
import { t, tryText } from "../base/texts";
import type { Attempt } from "../base/types";
import { Empty } from "../parts/feedback";
import { Select } from "../parts/fields";
import { Table, useList, type Column } from "../parts/load";
import { Section, Title } from "../parts/shell";
import { deviceName } from "./device";
import type { Mine } from "./me";
import { Exactly } from "./when";

// Half a sign-in is no failure: the password was right and the code was asked for.
const kindOf = ({ success, reason }: Attempt) =>
  success ? "good" : reason === "second_factor_required" ? "warn" : "bad";

const results = { good: "account.history.good", warn: "account.history.half", bad: "account.history.bad" } as const;

export function reasonOf({ success, reason }: Attempt): string {
  const known = tryText(`account.reason.${reason}`);
  if (known) return known;
  if (reason.startsWith("oauth")) return t("account.reason.oauth_other");
  return t(success ? "account.reason.other_good" : "account.reason.other");
}

const columns = (): Column<Attempt>[] => [
  { title: t("account.history.when"), heads: true, cell: ({ created_at }) => <Exactly time={created_at} /> },
  { title: t("account.history.result"), cell: (attempt) => {
    const kind = kindOf(attempt);
    return (
      <span class="result">
        <span class={`tag ${kind}`}>{t(results[kind])}</span>
        <span class="line">{reasonOf(attempt)}</span>
      </span>);
  } },
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

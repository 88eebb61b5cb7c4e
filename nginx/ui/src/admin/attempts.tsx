// Sign-ins and attempts at them (SPEC L4): how many over time, and each.
import { useState } from "preact/hooks";

import { may } from "../base/session";
import { t } from "../base/texts";
import type { Attempt } from "../base/types";
import { AttemptResult } from "../parts/attempt";
import { deviceName } from "../parts/device";
import { Table, useList } from "../parts/load";
import { Exactly } from "../parts/when";
import { AttemptsChart } from "./attempts_chart";
import type { Admin } from "./context";
import { NothingFound, SelectFilter, TextFilter, TimeFilter, Toolbar, useFilters } from "./filters";
import { Title } from "./title";

export function Attempts({ context }: { context: Admin }) {
  const filters = useFilters(context, ["email", "ip", "success", "from", "to"]);
  const list = useList<Attempt>("/auth/login-attempts", context.query(filters.values));
  const [turn, setTurn] = useState(0);
  const reload = () => {
    list.reload();
    setTurn(turn + 1);
  };
  return (
    <>
      <div class="head">
        <Title>{t("attempts.title")}</Title>
        <button type="button" class="button" onClick={reload}>{t("filters.reload")}</button>
      </div>
      <AttemptsChart context={context} turn={turn} />
      <section class="section" aria-labelledby="attempts-list">
        <header><h2 id="attempts-list">{t("attempts.list")}</h2></header>
        <Toolbar filters={filters} label={t("filters.title")}>
          <TextFilter filters={filters} name="email" label={t("attempts.email")} type="email" />
          <TextFilter filters={filters} name="ip" label={t("attempts.ip")} />
          <SelectFilter filters={filters} name="success" label={t("attempts.result")} any={t("filters.any")}
            options={[["true", t("attempts.succeeded")], ["false", t("attempts.not_succeeded")]]} />
          <TimeFilter filters={filters} name="from" label={t("filters.from")} />
          <TimeFilter filters={filters} name="to" label={t("filters.to")} />
        </Toolbar>
        <Table caption={t("attempts.list")} list={list}
          empty={<NothingFound filters={filters} title={t("attempts.none")} />}
          columns={[
            { title: t("attempts.when"), cell: ({ created_at }) =>
              <Exactly time={created_at} /> },
            { title: t("attempts.who"), heads: true, cell: (one) => <Who context={context} attempt={one} /> },
            { title: t("attempts.result"), cell: (one) => <AttemptResult attempt={one} /> },
            { title: t("attempts.from"), cell: ({ ip, user_agent }) => (
              <div>
                <span class="mono">{ip}</span>
                {user_agent && <span class="line help clip" title={user_agent}>{deviceName(null, user_agent)}</span>}
              </div>) },
          ]} />
      </section>
    </>);
}

function Who({ context, attempt: { user_id: id, email } }: { context: Admin; attempt: Attempt }) {
  if (!email) return <span class="quiet">{t("attempts.nobody")}</span>;
  if (!id || !may(context.user, "auth:users:view")) return <>{email}</>;
  return <a href={context.link(["users", id])}>{email}</a>;
}

// A right password that led to the question for a code is neither a success nor a failure.

// The mails of a tenant and what became of them; never what stood in them.
import { dateTime, locale, plural, relative, t, tryText } from "../base/texts";
import { Table, useList } from "../parts/load";
import { When } from "../parts/when";
import type { Admin } from "./context";
import { NothingFound, SelectFilter, TextFilter, Toolbar, useFilters } from "./filters";
import { Title } from "./title";

interface Mail {
  id: string;
  kind: string;
  recipient: string;
  state: "queued" | "sent" | "failed" | "void";
  tries: number;
  next_try_at: string | null;
  last_error: string | null;
  created_at: string;
  finished_at: string | null;
}

const states = [["queued", "warn"], ["sent", "good"], ["failed", "bad"], ["void", ""]] as const;
const kinds = ["verify_email", "already_registered", "reset", "welcome", "password_changed",
  "email_changed", "new_device",
  "lockout"] as const;

export function Outbox({ context }: { context: Admin }) {
  const filters = useFilters(context, ["state", "kind", "recipient"]);
  const list = useList<Mail>("/auth/outbox", context.query(filters.values));
  return (
    <>
      <div class="head">
        <Title>{t("outbox.title")}</Title>
        <button type="button" class="button" onClick={list.reload}>{t("filters.reload")}</button>
      </div>
      <p class="intro">{t("outbox.intro")}</p>
      <section class="section" aria-label={t("outbox.title")}>
        <Toolbar filters={filters} label={t("filters.title")}>
          <SelectFilter filters={filters} name="state" label={t("outbox.state")} any={t("filters.any")}
            options={states.map(([state]) => [state, t(`outbox.state.${state}`)])} />
          <SelectFilter filters={filters} name="kind" label={t("outbox.kind")} any={t("filters.any")}
            options={kinds.map((kind) => [kind, t(`outbox.kind.${kind}`)])} />
          <TextFilter filters={filters} name="recipient" label={t("outbox.recipient")} type="email" />
        </Toolbar>
        {list.items.length > 0 && <Counts mails={list.items} />}
        <Table caption={t("outbox.title")} list={list}
          empty={<NothingFound filters={filters} title={t("outbox.none")} />}
          columns={[
            { title: t("outbox.recipient"), heads: true, cell: ({ recipient }) => recipient },
            { title: t("outbox.kind"), cell: ({ kind }) => tryText(`outbox.kind.${kind}`) ?? kind },
            { title: t("outbox.created"), cell: ({ created_at }) =>
              <When time={created_at} /> },
            { title: t("outbox.state"), cell: (mail) => <State mail={mail} /> },
          ]} />
      </section>
    </>);
}

function Counts({ mails }: { mails: Mail[] }) {
  return (
    <p class="counts" role="status">
      <span class="quiet">{plural("outbox.shown", mails.length)}</span>
      {states.map(([state, kind]) => {
        const n = mails.filter((mail) => mail.state === state).length;
        return n > 0 &&
          <span key={state} class={`tag ${kind}`}>
            {t(`outbox.state.${state}`)}: {n.toLocaleString(locale)}</span>;
      })}
    </p>);
}

function State({ mail }: { mail: Mail }) {
  const kind = states.find(([state]) => state === mail.state)?.[1] ?? "";
  return (
    <div>
      <span class={`tag ${kind}`}>{tryText(`outbox.state.${mail.state}`) ?? mail.state}</span>
      {mail.finished_at && <span class="line help">{dateTime(mail.finished_at)}</span>}
      {mail.state !== "sent" && mail.tries > 0 && <span class="line help">{plural("outbox.tries", mail.tries)}</span>}
      {mail.next_try_at && mail.tries > 0 &&
        <span class="line help">{t("outbox.next", { when: relative(mail.next_try_at) })}</span>}
      {mail.last_error && mail.state !== "sent" && <span class="line help mono">{mail.last_error}</span>}
    </div>);
}

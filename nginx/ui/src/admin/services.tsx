// Credentials of services, which ask about tokens (SPEC T10).
import { useEffect, useRef, useState } from "preact/hooks";

import { call, post } from "../base/api";
import { t } from "../base/texts";
import { confirm, Dialog } from "../parts/dialog";
import { Empty, Notice, say } from "../parts/feedback";
import { Field } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { Icon } from "../parts/icon";
import { Table, useList } from "../parts/load";
import { Exactly } from "../parts/when";
import type { Admin } from "./context";
import { Title } from "./title";
import { Copy } from "../parts/copy";
import { useUnsaved } from "./unsaved";

interface Credential { id: string; name: string; client_id: string; created_at: string; created_by: string | null }
interface NewCredential extends Credential { client_secret: string }

const path = "/auth/service-credentials";

export function Services({ context }: { context: Admin }) {
  const list = useList<Credential>(path, context.query());
  const [adding, setAdding] = useState(false);
  const add = useRef<HTMLButtonElement>(null);
  const remove = ({ id, name }: Credential) => confirm({
    title: t("services.delete_title", { name }), body: t("services.delete_body"),
    action: t("services.delete"), danger: true,
    run: async () => {
      await call("DELETE", `${path}/${encodeURIComponent(id)}`, { query: context.query() });
      list.replace((items) => items.filter((one) => one.id !== id));
      say(t("services.deleted", { name }));
      // The button that was pressed is gone with its row.
      setTimeout(() => add.current?.focus());
    },
  });
  return (
    <>
      <div class="head">
        <Title>{t("services.title")}</Title>
        <button ref={add} type="button" class="button primary" onClick={() => setAdding(true)}>
          <Icon name="plus" />{t("services.new")}
        </button>
      </div>
      <p class="intro">{t("services.intro")}</p>
      <section class="section" aria-label={t("services.title")}>
        <Table caption={t("services.title")} list={list}
          empty={<Empty title={t("services.none")}><p>{t("services.none_more")}</p></Empty>}
          columns={[
            { title: t("services.name"), heads: true, cell: ({ name }) => name },
            { title: t("services.client_id"), cell: ({ client_id }) => <span class="mono">{client_id}</span> },
            { title: t("services.created"), cell: ({ created_at }) =>
              <Exactly time={created_at} /> },
            { title: "", end: true, cell: (one) => (
              <button type="button" class="button small" onClick={() => remove(one)}>
                {t("services.delete")}<span class="hidden"> {one.name}</span>
              </button>) },
          ]} />
      </section>
      {adding && <AddCredential context={context} close={() => setAdding(false)} added={list.reload} />}
    </>);
}

// First its name, then, once and never again, its secret.
function AddCredential({ context, close, added }: { context: Admin; close(): void; added(): void }) {
  const [made, setMade] = useState<NewCredential | null>(null);
  const submit = async ({ name = "" }: Values) => {
    setMade(await post<NewCredential>(path, { name }, context.query()));
    added();
  };
  if (made) return <Secret made={made} close={close} />;
  return (
    <Dialog key="new" title={t("services.new_title")} close={close}>
      <Form submit={submit} label={t("services.create")}
        actions={<button type="button" class="button" onClick={close}>{t("cancel")}</button>}>
        <Field name="name" label={t("services.name")} help={t("services.name_help")} required
          maxLength={100} autofocus />
      </Form>
    </Dialog>);
}

// Shown this once: only the button that says so closes it without a question.
function Secret({ made, close }: { made: NewCredential; close(): void }) {
  const secret = useRef<HTMLDivElement>(null);
  const leaveFreely = useUnsaved(true);
  const kept = () => {
    leaveFreely(true);
    close();
  };
  const ask = () => confirm({
    title: t("services.lose_title"), body: <p>{t("services.lose_body")}</p>, action: t("services.lose"), danger: true,
    run: async () => kept(),
  });
  useEffect(() => {
    secret.current?.querySelector("button")?.focus();
    // A browser asks a page but once whether Escape may close a dialog, and then closes it.
    const dialog = secret.current?.closest("dialog");
    const closed = () => {
      if (!dialog?.isConnected) return;
      dialog.showModal();
      ask();
    };
    dialog?.addEventListener("close", closed);
    return () => dialog?.removeEventListener("close", closed);
  }, []);
  return (
    <Dialog key="made" title={t("services.made_title", { name: made.name })} close={ask}>
      <div class="form">
        <Notice kind="warning">{t("services.once")}</Notice>
        <Copy label={t("services.client_id")} text={made.client_id} />
        <div ref={secret}><Copy label={t("services.secret")} text={made.client_secret} /></div>
        <p class="help">{t("services.use")}</p>
        <div class="actions">
          <button type="button" class="button primary" onClick={kept}>{t("services.kept")}</button>
        </div>
      </div>
    </Dialog>);
}

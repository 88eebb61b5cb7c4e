// Which permissions there are at all (platform administrators): roles can hold nothing else.
import { useRef, useState } from "preact/hooks";

import { call, post } from "../base/api";
import { t } from "../base/texts";
import type { Permission } from "../base/types";
import { confirm, Dialog } from "../parts/dialog";
import { Empty, say } from "../parts/feedback";
import { Field } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { Icon } from "../parts/icon";
import { Table, useList, type Column } from "../parts/load";
import { BackTo } from "./back_to";
import { Code } from "./code";
import type { Admin } from "./context";
import { takenAt } from "./taken";
import { Title } from "./title";

type Row = Permission & { id: string };

export function Catalogue({ context }: { context: Admin }) {
  const list = useList<Permission>("/auth/permissions", context.query({ limit: 100 }));
  const [adding, setAdding] = useState(false);
  const heading = useRef<HTMLDivElement>(null);
  const remove = ({ code }: Permission) => confirm({
    title: t("roles.permission_delete_title"),
    body: <p>{t("roles.permission_delete_body", { code })}</p>,
    action: t("roles.delete"),
    danger: true,
    run: async () => {
      await call("DELETE", `/auth/permissions/${encodeURIComponent(code)}`, { query: context.query() });
      list.replace((items) => items.filter((one) => one.code !== code));
      say(t("roles.permission_deleted", { code }));
      // Its button is gone.
      requestAnimationFrame(() => heading.current?.querySelector<HTMLElement>("h1")?.focus());
    },
  });
  const add = async ({ code = "", description = "" }: Values) => {
    const wanted = code.trim();
    await post(`/auth/permissions/${encodeURIComponent(wanted)}`, description.trim()
      ? { description: description.trim() } : {}, context.query())
      .catch((error: unknown) => { throw takenAt(error, "code", t("roles.permission_taken")); });
    setAdding(false);
    list.reload();
    say(t("roles.permission_added", { code: wanted }));
  };
  const columns: Column<Row>[] = [
    { title: t("roles.permission"), heads: true, cell: ({ code }) => <Code text={code} /> },
    { title: t("roles.description"), cell: ({ description }) => description ?? <span class="quiet">
      {t("roles.no_description")}</span> },
    { title: "", cell: (row) => (
      <div class="row-actions"><button type="button" class="button small inside" onClick={() => remove(row)}>
        <Icon name="trash" /><span class="hidden">{t("roles.permission_delete", { code: row.code })}</span></button>
      </div>) },
  ];
  return (
    <>
      <BackTo href={context.link(["roles"])}>{t("roles.title")}</BackTo>
      <div class="head" ref={heading}>
        <Title>{t("roles.catalogue")}</Title>
        <button type="button" class="button primary" onClick={() => setAdding(true)}><Icon name="plus" />
          {t("roles.permission_add")}</button>
      </div>
      <section class="section catalogue" aria-label={t("roles.catalogue")}>
        <p class="intro">{t("roles.catalogue_intro")}</p>
        <Table caption={t("roles.catalogue")} columns={columns} empty={<Empty title={t("roles.catalogue_none")} />}
          list={{ ...list, items: list.items.map((one) => ({ ...one, id: one.code })), replace: () => undefined }} />
      </section>
      {adding && (
        <Dialog title={t("roles.permission_add")} close={() => setAdding(false)}>
          <Form submit={add} label={t("roles.permission_add")}
            actions={<button type="button" class="button" onClick={() => setAdding(false)}>{t("cancel")}</button>}>
            <Field name="code" label={t("roles.permission")} help={t("roles.permission_help")}
              required maxLength={182} autofocus autocomplete="off"
              autocapitalize="none" spellcheck={false} pattern="\s*[a-z0-9_\-]+:[a-z0-9_\-]+:[a-z0-9_\-]+\s*" />
            <Field name="description" label={t("roles.description")} maxLength={500} autocomplete="off" />
          </Form>
        </Dialog>)}
    </>);
}

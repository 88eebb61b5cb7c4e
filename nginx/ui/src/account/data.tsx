// What is stored about somebody, to take along or to be deleted (SPEC U7).
import { useState } from "preact/hooks";

import { call, get, Problem } from "../base/api";
import { pages } from "../base/session";
import { t } from "../base/texts";
import { useAction } from "../parts/action";
import { Dialog } from "../parts/dialog";
import { ProblemNotice, say } from "../parts/feedback";
import { Field } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { Icon } from "../parts/icon";
import { Card, Section, Title } from "../parts/shell";
import { signal } from "../parts/signal";
import type { Me, Mine } from "./me";
import { useProof } from "./proof";
import { saveFile } from "./save_file";

// The address of the account that was deleted on this page.
export const deleted = signal<string | null>(null);

export function Data({ me, info }: Mine) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Title tenant={info.tenant.name}>{t("account.data")}</Title>
      <Export />
      <Section title={t("account.delete")} intro={t("account.delete.intro")}>
        <div class="actions">
          <button type="button" class="button danger" onClick={() => setOpen(true)}>{t("account.delete.open")}</button>
        </div>
        {open && <Delete me={me} close={() => setOpen(false)} />}
      </Section>
    </>);
}

function Export() {
  const { busy, problem, act } = useAction();
  const run = async () => {
    const all = await get<unknown>("/auth/me/export");
    const today = new Date().toISOString().slice(0, 10);
    saveFile(`account-${today}.json`, "application/json", JSON.stringify(all, null, 2));
    say(t("account.export.done"));
  };
  return (
    <Section title={t("account.export")} intro={t("account.export.intro")}>
      {problem && <ProblemNotice problem={problem} />}
      <div class="actions">
        <button type="button" class="button" aria-disabled={busy} onClick={() => void act(run)}>
          {busy ? <span class="spinner" aria-hidden="true" /> : <Icon name="download" />}{t("account.export.do")}
        </button>
      </div>
    </Section>);
}

function Delete({ me, close }: { me: Me; close(): void }) {
  const { email } = me.user;
  const proof = useProof(me, { code: true });
  const submit = async (values: Values) => {
    if (values["confirmation"]?.trim().toLowerCase() !== email.toLowerCase()) {
      throw new Problem(422, "validation_failed", "", [
        { pointer: "/confirmation", code: "mismatch", detail: "", user_message: t("account.delete.mismatch") }]);
    }
    await proof.run(() => call("DELETE", "/auth/me", { json: proof.of(values) }));
    deleted.set(email);
  };
  return (
    <Dialog title={t("account.delete")} close={close}>
      <Form submit={submit} explain={proof.explain} label={t("account.delete.do")} danger
        actions={<button type="button" class="button" onClick={close}>{t("cancel")}</button>}>
        <p>{t("account.delete.body")}</p>
        {proof.fields}
        <Field name="confirmation" label={t("account.delete.type", { email })} required autocomplete="off"
          autocapitalize="none" spellcheck={false} maxLength={254} />
      </Form>
    </Dialog>);
}

export const Gone = ({ email }: { email: string }) => (
  <Card title={t("account.gone.title")}>
    <p role="status">{t("account.gone.body", { email })}</p>
    <a class="button wide" href={pages.signIn}>{t("account.gone.to_sign_in")}</a>
  </Card>);

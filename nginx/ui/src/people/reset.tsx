// Where the mail's link that resets the password leads. A refused password leaves the link alive.
import { useState } from "preact/hooks";

import { post } from "../base/api";
import { pageFor, pages } from "../base/session";
import { type Key, t } from "../base/texts";
import type { MailedLink } from "../base/types";
import { Loading, Notice } from "../parts/feedback";
import { PasswordField } from "../parts/fields";
import { Form } from "../parts/form";
import { Card } from "../parts/shell";
import { forgetLink, tokenOfLink, useMailedLink } from "./link";
import { To, useOptions } from "./options";

export function Reset() {
  const [token] = useState(tokenOfLink);
  const [done, setDone] = useState(false);
  const { asking, dead, link } = useMailedLink(token, ["password_reset"]);
  const slug = link?.tenant.slug;
  const submit = async (values: Record<string, string>) => {
    await post("/auth/reset-password", { token, new_password: values["new_password"] });
    forgetLink();
    setDone(true);
  };
  const useless = (why: Key) =>
    <>{t(why)} <To page={pages.forgot} tenant={slug}>{t("reset.ask_again")}</To></>;
  const content = () => {
    if (done) {
      return (
        <>
          <Notice kind="success">{t("reset.done")}</Notice>
          <a class="button primary wide" href={pageFor(pages.signIn, slug)}>{t("sign_in.do")}</a>
        </>);
    }
    if (!token) return <Notice kind="error">{useless("link.incomplete")}</Notice>;
    if (asking) return <Loading />;
    if (dead) return <Notice kind="error">{useless("reset.failed")}</Notice>;
    return (
      <Form submit={submit} label={t("reset.do")}
        explain={(problem) => problem.status === 400 ? useless("reset.failed") : undefined}>
        {link ? <NewPassword policy={link} /> : <NewPasswordHere />}
      </Form>);
  };
  return (
    <Card title={t(done ? "reset.done_title" : "reset.title")} tenant={link?.tenant.name}
      footer={!done && <p><To page={pages.signIn} tenant={slug}>{t("sign_in.back")}</To></p>}>
      {content()}
    </Card>);
}

function NewPassword({ policy }: { policy: Pick<MailedLink, "tenant" | "password_min_length"> | undefined }) {
  return (
    <PasswordField name="new_password" label={t("field.new_password")} autocomplete="new-password" autofocus
      meter={[policy?.tenant.name ?? ""]} minLength={policy?.password_min_length ?? 10} />);
}

// By what this browser takes for the tenant, where the link's own is not known.
const NewPasswordHere = () => <NewPassword policy={useOptions().data} />;

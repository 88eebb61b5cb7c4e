// Where the mail's link that confirms an address leads. Opening it uses nothing up: programs open
// links too, and whoever finds an account of theirs that they never wanted can leave it there.
import { useState } from "preact/hooks";

import { post } from "../base/api";
import { pageFor, pages } from "../base/session";
import { t } from "../base/texts";
import { Loading, Notice } from "../parts/feedback";
import { Form } from "../parts/form";
import { Card } from "../parts/shell";
import { forgetLink, tokenOfLink, useMailedLink } from "./link";
import { To } from "./options";

export function Verify() {
  const [token] = useState(tokenOfLink);
  const [done, setDone] = useState(false);
  const { asking, dead, link } = useMailedLink(token, ["verify_email", "change_email"]);
  const slug = link?.tenant.slug;
  const submit = async () => {
    await post("/auth/verify-email", { token });
    forgetLink();
    setDone(true);
  };
  const content = () => {
    if (done) {
      return (
        <>
          <Notice kind="success">{t("verify.done")}</Notice>
          <a class="button primary wide" href={pageFor(pages.signIn, slug)}>{t("sign_in.do")}</a>
        </>);
    }
    if (!token) return <Notice kind="error">{t("link.incomplete")}</Notice>;
    if (asking) return <Loading />;
    if (dead) return <Notice kind="error">{t("verify.failed")}</Notice>;
    return (
      <>
        <p>{t("verify.body")}</p>
        <Form submit={submit} label={t("verify.do")}
          explain={(problem) => problem.status === 400 ? t("verify.failed") : undefined} />
      </>);
  };
  return (
    <Card title={t(done ? "verify.done_title" : "verify.title")} tenant={link?.tenant.name}
      footer={!done && <p><To page={pages.signIn} tenant={slug}>{t("sign_in.back")}</To></p>}>
      {content()}
    </Card>);
}

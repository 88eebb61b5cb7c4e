// Where the mail's link that confirms an address leads. Opening it uses nothing up: programs open
// links too, and whoever finds an account of theirs that they never wanted can leave it there.
import { useState } from "preact/hooks";

import { post } from "../base/api";
import { pages } from "../base/session";
import { t } from "../base/texts";
import { Notice } from "../parts/feedback";
import { Form } from "../parts/form";
import { Card } from "../parts/shell";
import { forgetLink, tokenOfLink } from "./link";
import { To } from "./options";

export function Verify() {
  const [token] = useState(tokenOfLink);
  const [done, setDone] = useState(false);
  const submit = async () => {
    await post("/auth/verify-email", { token });
    forgetLink();
    setDone(true);
  };
  return (
    <Card title={t(done ? "verify.done_title" : "verify.title")}
      footer={!done && <p><To page={pages.signIn}>{t("sign_in.back")}</To></p>}>
      {done ? (
        <>
          <Notice kind="success">{t("verify.done")}</Notice>
          <a class="button primary wide" href={pages.signIn}>{t("sign_in.do")}</a>
        </>) : token ? (
        <>
          <p>{t("verify.body")}</p>
          <Form submit={submit} label={t("verify.do")}
            explain={(problem) => problem.status === 400 ? t("verify.failed") : undefined} />
        </>) : <Notice kind="error">{t("link.incomplete")}</Notice>}
    </Card>);
}

// Where the organisation demands a second factor and there is none yet, nothing else can be done
// (SPEC F4): what it is about, the steps, and the way out.
import { useState } from "preact/hooks";

import { t } from "../base/texts";
import { Card } from "../parts/shell";
import type { Me } from "./me";
import { RecoveryCodes } from "./recovery_codes";
import { Setup } from "./setup";

export function Enrolment({ me, done, leave }: { me: Me; done(): void; leave(): void }) {
  const [codes, setCodes] = useState<string[] | null>(null);
  return (
    <Card title={t("account.enrol.title")}
      footer={!codes && (
        <p>
          {t("account.enrol.signed_in_as", { email: me.user.email })}{" "}
          <button type="button" class="link" onClick={leave}>{t("sign_out")}</button>
        </p>)}>
      {codes ? <RecoveryCodes codes={codes} me={me} tenant={undefined} done={done} /> : (
        <>
          <p>{t("account.enrol.body")}</p>
          <Setup me={me} done={setCodes} />
        </>)}
    </Card>);
}

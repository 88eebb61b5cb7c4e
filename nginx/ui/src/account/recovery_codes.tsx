// The recovery codes, shown this once: to be copied, saved or printed, and then said to be safe.
import { useEffect } from "preact/hooks";

import { t } from "../base/texts";
import { Checkbox } from "../parts/fields";
import { Form } from "../parts/form";
import { Icon } from "../parts/icon";
import { CopyButton } from "../parts/copy";
import type { Me } from "./me";
import { saveFile } from "./save_file";
import { Step } from "./setup";

interface Props { codes: string[]; me: Me; tenant: string | undefined; done(): void }

export function RecoveryCodes({ codes, me, tenant, done }: Props) {
  useEffect(() => {
    // The browser asks in words of its own.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, []);
  const heading = t("account.codes.for", { email: me.user.email, place: tenant ?? location.host });
  const download = () =>
    saveFile("recovery-codes.txt", "text/plain", [heading, t("account.codes.once"), "", ...codes, ""].join("\r\n"));
  return (
    <div class="steps">
      <Step n={3} title={t("account.codes.title")} />
      <p>{t("account.codes.body")}</p>
      <div class="codes-box">
        <p class="print-only">{heading}</p>
        <ol class="codes" aria-label={t("account.codes.list")}>
          {codes.map((code) => <li key={code}><code>{code}</code></li>)}
        </ol>
      </div>
      <div class="actions">
        <CopyButton text={codes.join("\n")} label={t("account.codes.copy")} />
        <button type="button" class="button small" onClick={download}>
          <Icon name="download" />{t("account.codes.download")}
        </button>
        <button type="button" class="button small" onClick={() => print()}>
          <Icon name="print" />{t("account.codes.print")}
        </button>
      </div>
      <Form submit={async () => done()} label={t("account.codes.done")}>
        <Checkbox name="saved" label={t("account.codes.saved")} required />
      </Form>
    </div>);
}

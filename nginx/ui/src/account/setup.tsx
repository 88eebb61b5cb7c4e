// Setting up the second factor: the password, the secret into the app, a first code from it. What
// comes of it are the recovery codes.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { post } from "../base/api";
import { t } from "../base/texts";
import { CodeField } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { CopyButton } from "../parts/copy";
import type { Me } from "./me";
import { useProof } from "./proof";

interface Enrolment { secret: string; otpauth_uri: string; qr_svg: string; qr_png_base64: string }

// Where one is; takes the focus when it changes, so that it is read.
export function Step({ n, title, quiet }: { n: number; title: string; quiet?: boolean }) {
  const line = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (!quiet) line.current?.focus();
  }, [n]);
  return (
    <p class="step" ref={line} tabIndex={-1}>
      <span class="quiet">{t("account.step", { n, of: 3 })}</span>
      <strong>{title}</strong>
    </p>);
}

interface Props {
  me: Me;
  done(codes: string[]): void;
  // Absent where there is no way around it.
  cancel?(): void;
}

export function Setup({ me, done, cancel }: Props) {
  const [made, setMade] = useState<Enrolment | null>(null);
  const stop = cancel && <button type="button" class="button" onClick={cancel}>{t("cancel")}</button>;
  return made ? <Confirm made={made} done={done} stop={stop} />
    : <Begin me={me} got={setMade} stop={stop} forced={!cancel} />;
}

function Begin({ me, got, stop, forced }:
    { me: Me; got(made: Enrolment): void; stop: ComponentChildren; forced: boolean }) {
  const proof = useProof(me, { first: forced });  // else the step is read first
  const submit = async (values: Values) => got(await post<Enrolment>("/auth/2fa/enrol", proof.of(values)));
  return (
    <div class="steps">
      <Step n={1} title={t("account.setup.password")} quiet={forced} />
      <Form submit={submit} explain={proof.explain} label={t("account.next")} actions={stop} class="narrow">
        {proof.fields}
      </Form>
    </div>);
}

function Confirm({ made, done, stop }:
    { made: Enrolment; done(codes: string[]): void; stop: ComponentChildren }) {
  const submit = async ({ code }: Values) =>
    done((await post<{ recovery_codes: string[] }>("/auth/2fa/confirm", { code })).recovery_codes);
  const groups = made.secret.match(/.{1,4}/g) ?? [];
  return (
    <div class="steps">
      <Step n={2} title={t("account.setup.scan")} />
      <p>{t("account.setup.scan_body")}</p>
      <div class="scan">
        <img class="qr" src={`data:image/svg+xml,${encodeURIComponent(made.qr_svg)}`} width={192} height={192}
          alt={t("account.setup.qr")} />
        <div class="scan-side">
          <a class="button on-phone" href={made.otpauth_uri}>{t("account.setup.open_app")}</a>
          <p>{t("account.setup.by_hand")}</p>
          <p class="secret"><code>{groups.join(" ")}</code></p>
          <CopyButton text={made.secret} label={t("account.setup.copy")} />
        </div>
      </div>
      <Form submit={submit} label={t("account.setup.do")} actions={stop} class="narrow">
        <CodeField name="code" label={t("account.setup.code")} help={t("second_factor.help")} digitsOnly sends />
      </Form>
    </div>);
}

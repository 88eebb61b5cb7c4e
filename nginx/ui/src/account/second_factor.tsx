// The second factor: whether it is on, and what can be done about it.
import { useState } from "preact/hooks";

import { post } from "../base/api";
import { t } from "../base/texts";
import { Dialog } from "../parts/dialog";
import { say } from "../parts/feedback";
import { focusHeading } from "../parts/focus";
import { Form, type Values } from "../parts/form";
import { Section } from "../parts/shell";
import { signal } from "../parts/signal";
import type { Me, Mine } from "./me";
import { useProof } from "./proof";
import { RecoveryCodes } from "./recovery_codes";
import { Setup } from "./setup";

// Recovery codes that were made and not yet said to be saved. They are shown only once: looking at
// another view meanwhile must not lose them.
const unsaved = signal<string[] | null>(null);
addEventListener("beforeunload", (event) => {
  if (unsaved.value) event.preventDefault();
});

export function SecondFactor({ me, info, change }: Mine) {
  const on = me.user.two_factor_enabled;
  const codes = unsaved.use();
  const [doing, setDoing] = useState<"set up" | "renew" | "turn off" | null>(null);
  const stop = () => setDoing(null);
  const got = (made: string[]) => {
    unsaved.set(made);
    stop();
  };
  const saved = () => {
    unsaved.set(null);
    say(t("account.factor.done"));
    focusHeading();
  };
  return (
    <Section title={t("account.factor")} intro={t(on ? "account.factor.on_intro" : "account.factor.off_intro")}
      action={<span class={on ? "tag good" : "tag"}>{t(on ? "account.factor.on" : "account.factor.off")}</span>}>
      {codes ? <RecoveryCodes codes={codes} me={me} tenant={info.tenant.name} done={saved} />
        : doing === "set up" ? (
          <Setup me={me} cancel={() => {
            stop();
            focusHeading();
          }} done={(made) => {
            got(made);
            change({ two_factor_enabled: true });
          }} />)
        : on ? (
          <div class="actions">
            <button type="button" class="button" onClick={() => setDoing("renew")}>{t("account.factor.renew")}</button>
            <button type="button" class="button" onClick={() => setDoing("turn off")}>
              {t("account.factor.turn_off")}
            </button>
          </div>)
        : (
          <div class="actions">
            <button type="button" class="button primary" onClick={() => setDoing("set up")}>
              {t("account.factor.set_up")}
            </button>
          </div>)}
      {doing === "renew" && <Renew me={me} close={stop} done={got} />}
      {doing === "turn off" && <TurnOff me={me} close={stop} done={() => {
        change({ two_factor_enabled: false });
        stop();
        say(t("account.factor.turned_off"));
        focusHeading();
      }} />}
    </Section>);
}

function Renew({ me, close, done }: { me: Me; close(): void; done(codes: string[]): void }) {
  const proof = useProof(me, { code: true });
  const submit = async (values: Values) =>
    done((await post<{ recovery_codes: string[] }>("/auth/2fa/recovery-codes", proof.of(values))).recovery_codes);
  return (
    <Dialog title={t("account.factor.renew")} close={close}>
      <Form submit={submit} explain={proof.explain} label={t("account.factor.renew_do")}
        actions={<button type="button" class="button" onClick={close}>{t("cancel")}</button>}>
        <p>{t("account.factor.renew_body")}</p>
        {proof.fields}
      </Form>
    </Dialog>);
}

function TurnOff({ me, close, done }: { me: Me; close(): void; done(): void }) {
  const proof = useProof(me, { code: true });
  const submit = async (values: Values) => {
    await post("/auth/2fa/disable", proof.of(values));
    done();
  };
  return (
    <Dialog title={t("account.factor.turn_off")} close={close}>
      <Form submit={submit} explain={proof.explain} label={t("account.factor.turn_off")} danger
        actions={<button type="button" class="button" onClick={close}>{t("cancel")}</button>}>
        <p>{t("account.factor.turn_off_body")}</p>
        {proof.fields}
      </Form>
    </Dialog>);
}

// Sign in: address and password, or an account elsewhere; then the second factor where one is on.
import { useEffect, useState } from "preact/hooks";

import { post, Problem, withQuery } from "../base/api";
import {
  chosenTenant, goOn, goOnIfSignedIn, keepTarget, pages, recallTarget, rememberTenant, returnTarget,
} from "../base/session";
import { t, tryText } from "../base/texts";
import type { Challenge, SessionInfo, SignInOptions } from "../base/types";
import { Notice } from "../parts/feedback";
import { CodeField, Field, PasswordField } from "../parts/fields";
import { Form } from "../parts/form";
import { Card } from "../parts/shell";
import { ChooseTenant, TenantCard, To, useOptions } from "./options";
import { Resend } from "./resend";

const parameters = new URLSearchParams(location.search);

// Why the visitor is here, where something else than a wish to sign in brought them.
function Why() {
  const ended = parameters.get("ended");
  if (ended) {
    return <Notice kind="warning">{tryText(`ended.${ended}`) ?? t("ended.unknown")}</Notice>;
  }
  const error = parameters.get("error");
  if (error) {
    const known = tryText(`oauth_error.${error}`) ?? tryText(`error.${error}`);
    return <Notice kind="error">{known ?? t("oauth_error.other")}</Notice>;
  }
  return null;
}

// An entry of the history that stands for the choice of another organisation.
const choosesIn = (state: unknown): boolean => (state as { elsewhere?: boolean } | null)?.elsewhere === true;

export function SignIn() {
  const target = returnTarget() ?? (parameters.has("error") ? recallTarget() : null);
  const [challenge, setChallenge] = useState<Partial<Challenge> | null>(
    parameters.get("second_factor") === "required" ? {} : null);
  const [elsewhere, setElsewhere] = useState(() => choosesIn(history.state));

  // "Back" leads from that choice to here.
  useEffect(() => {
    const came = ({ state }: PopStateEvent) => setElsewhere(choosesIn(state));
    addEventListener("popstate", came);
    return () => removeEventListener("popstate", came);
  }, []);

  useEffect(() => {
    // Somebody who is signed in has no business here. Who wanted to link an account elsewhere, and did
    // not, is: their account's page says what became of it.
    const came = parameters.has("ended") || challenge !== null;
    if (!came) void goOnIfSignedIn(parameters.has("error") ? null : target);
  }, []);

  if (elsewhere) return <ChooseTenant cancel={() => history.back()} />;
  if (challenge) {
    return <SecondFactor challenge={challenge} target={target} giveUp={() => setChallenge(null)} />;
  }
  return (
    <TenantCard title={t("sign_in.title")} footer={(options) => (
      <>
        {options.registration !== "closed" &&
          <p>{t("sign_in.new_here")} <To page={pages.register} target={target}>{t("sign_in.register")}</To></p>}
        <p><button type="button" class="link" onClick={() => {
          history.pushState({ elsewhere: true }, "");
          setElsewhere(true);
        }}>{t("tenant.other")}</button></p>
      </>)}>
      {(options) => (
        <>
          <Why />
          <Password target={target} proceed={setChallenge} />
          <Providers options={options} target={target} />
        </>)}
    </TenantCard>);
}

function Password({ target, proceed }: { target: string | null; proceed(challenge: Challenge): void }) {
  const tenant = chosenTenant();
  const [email, setEmail] = useState("");
  const submit = async (values: Record<string, string>) => {
    setEmail(values["email"] ?? "");
    const answer = await post<SessionInfo | Challenge>("/auth/login", {
      ...(tenant && { tenant }), email: values["email"]?.trim(), password: values["password"], transport: "cookie",
    });
    rememberTenant(tenant);
    if ("mfa_required" in answer) proceed(answer);
    else await goOn(target);
  };
  const explain = (problem: Problem) => problem.code === "email_not_verified"
    ? <>{problem.text} <Resend email={email.trim()} /></> : undefined;
  return (
    <Form submit={submit} explain={explain} label={t("sign_in.do")}>
      <Field name="email" label={t("field.email_label")} inputMode="email" required autocomplete="username"
        autocapitalize="none"
        spellcheck={false} maxLength={254} autofocus />
      <PasswordField name="password" label={t("field.password")} autocomplete="current-password" />
      <p class="aside"><To page={pages.forgot} target={target}>{t("sign_in.forgot")}</To></p>
    </Form>);
}

function Providers({ options, target }: { options: SignInOptions; target: string | null }) {
  if (options.providers.length === 0) return null;
  return (
    <div class="providers">
      <p class="or"><span>{t("sign_in.or")}</span></p>
      {options.providers.map(({ id, name }) => (
        <a key={id} class="button wide" href={withQuery(`/auth/oauth/${encodeURIComponent(id)}/start`, {
          tenant: options.tenant.slug, return_to: target ?? pages.account })}
          onClick={() => {
            rememberTenant(options.tenant.slug);
            keepTarget(target);
          }}>
          {t("sign_in.with", { provider: name })}
        </a>))}
    </div>);
}

function SecondFactor({ challenge, target, giveUp }:
    { challenge: Partial<Challenge>; target: string | null; giveUp(): void }) {
  const tenant = useOptions().data?.tenant.name;
  const [recovery, setRecovery] = useState(false);
  const [over, setOver] = useState(false);
  const submit = async ({ code }: Record<string, string>) => {
    try {
      await post("/auth/2fa/challenge", {
        ...(challenge.challenge_token && { challenge_token: challenge.challenge_token }), code,
      });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // After a provider it is in a cookie, which the browser drops when its time is over.
      const gone = error.code === "invalid_challenge" || error.of("challenge_token") !== undefined;
      if (!gone) throw error;
      setOver(true);
      return;
    }
    await goOn(target);
  };
  if (over) {
    return (
      <Card title={t("second_factor.title")} tenant={tenant}>
        <Notice kind="error">{t("second_factor.over")}</Notice>
        <button type="button" class="button primary wide" onClick={giveUp}>{t("sign_in.again")}</button>
      </Card>);
  }
  return (
    <Card title={t("second_factor.title")} tenant={tenant} footer={
      <>
        <p><button type="button" class="link" onClick={() => setRecovery(!recovery)}>
          {t(recovery ? "second_factor.use_app" : "second_factor.use_recovery")}</button></p>
        <p><button type="button" class="link" onClick={giveUp}>{t("second_factor.give_up")}</button></p>
      </>}>
      <Form key={String(recovery)} submit={submit} label={t("second_factor.do")}>
        <CodeField name="code" digitsOnly={!recovery} sends={!recovery} autofocus
          label={t(recovery ? "second_factor.recovery_code" : "second_factor.code")}
          help={t(recovery ? "second_factor.recovery_help" : "second_factor.help")} />
      </Form>
    </Card>);
}

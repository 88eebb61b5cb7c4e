// What is asked again before something that matters: the password and, where it is on, a code. Those
// who came through a provider and have no password prove themselves by a sign-in that is fresh.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { post, Problem } from "../base/api";
import { pageFor, pages, withReturn } from "../base/session";
import { t } from "../base/texts";
import { CodeField, PasswordField } from "../parts/fields";
import type { Values } from "../parts/form";
import { leaving } from "../parts/leaving";
import type { Me } from "./me";

// Whoever signed in with a password has one; of others we cannot know.
export const hasPassword = ({ session }: Me): boolean => session.amr.includes("pwd");

export const freshSignIn = (): void => leaving(async () => {
  await post("/auth/logout").catch(() => undefined);
  location.assign(withReturn(pageFor(pages.signIn), location.pathname + location.hash));
});

export interface Proof {
  fields: ComponentChildren;
  // What of it goes into the request; nothing for what was left empty.
  of(values: Values): Record<string, string>;
  // Runs what needs it; asks for the code where only the server knows that one is due.
  run<T>(action: () => Promise<T>): Promise<T>;
  explain(problem: Problem): ComponentChildren | undefined;
}

// `first`: its password is where the form begins.
export function useProof(me: Me, { code = false, name = "password", first = true } = {}): Proof {
  const [due, setDue] = useState(false);
  const known = hasPassword(me);
  return {
    fields: (
      <>
        <input type="email" name="username" autocomplete="username" value={me.user.email} class="hidden" tabIndex={-1}
          aria-hidden="true" readOnly />
        <PasswordField name={name} label={t(known ? "field.current_password" : "account.proof.password")}
          required={known} autocomplete="current-password" autofocus={first}
          {...(!known && { help: t("account.proof.none") })} />
        {code && (due || me.user.two_factor_enabled) &&
          <CodeField name="code" label={t("second_factor.code")} help={t("second_factor.either")} />}
      </>),
    of: (values) => ({
      ...(values[name] && { [name]: values[name] }), ...(values["code"] && { code: values["code"] }) }),
    run: async (action) => {
      try {
        return await action();
      } catch (error) {
        if (error instanceof Problem && error.code === "second_factor_required") setDue(true);
        throw error;
      }
    },
    explain: (problem) => problem.code === "authentication_required" ? (
      <>
        {t("account.proof.stale")}{" "}
        <button type="button" class="link" onClick={freshSignIn}>{t("sign_in.again")}</button>
      </>) : undefined,
  };
}

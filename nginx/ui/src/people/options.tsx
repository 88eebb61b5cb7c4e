// What a tenant offers to those who want to sign in, and how to name another tenant.
import type { ComponentChildren } from "preact";

import { get, Problem } from "../base/api";
import { chosenTenant, pageFor, rememberTenant, withReturn } from "../base/session";
import { t } from "../base/texts";
import type { SignInOptions } from "../base/types";
import { Failure, Loading } from "../parts/feedback";
import { Field } from "../parts/fields";
import { Form } from "../parts/form";
import { useLoad } from "../parts/load";
import { slugOf, slugPattern } from "../parts/normal";
import { Card } from "../parts/shell";

async function options(tenant: string | undefined): Promise<SignInOptions> {
  try {
    return await get("/auth/sign-in-options", { tenant });
  } catch (error) {
    // One that this browser remembers may be gone; one that the address names is meant.
    const named = new URLSearchParams(location.search).has("tenant");
    if (named || !tenant || !(error instanceof Problem) || !isUnknown(error)) throw error;
    rememberTenant(undefined);
    return get("/auth/sign-in-options");
  }
}

export const useOptions = () => {
  const tenant = chosenTenant();
  return useLoad(tenant ?? "", () => options(tenant));
};

// A page of a tenant's: its name above, and what it offers to `children`. Where there is no such
// tenant, people name theirs.
export function TenantCard({ title, children, footer }: {
  title: string;
  children: (options: SignInOptions) => ComponentChildren;
  footer?: (options: SignInOptions) => ComponentChildren;
}) {
  const options = useOptions();
  if (options.problem && isUnknown(options.problem)) return <ChooseTenant problem={options.problem} />;
  const { data } = options;
  return (
    <Card title={title} tenant={data?.tenant.name} footer={data && footer?.(data)}>
      {options.problem ? <Failure problem={options.problem} retry={options.reload} />
        : data ? children(data) : <Loading />}
    </Card>);
}

const isUnknown = (problem: Problem): boolean =>
  problem.code === "unknown_tenant" || problem.code === "validation_failed";

// `cancel` is absent where there is nothing to go back to. What the server takes for want of a name is named.
export function ChooseTenant({ problem, cancel }: { problem?: Problem; cancel?: () => void }) {
  const usual = useLoad("", () => get<SignInOptions>("/auth/sign-in-options")).data?.tenant;
  const isAnother = usual && (!cancel || (chosenTenant() ?? usual.slug) !== usual.slug);
  const submit = async ({ tenant = "" }: Record<string, string>) => {
    const target = `${location.pathname}?tenant=${encodeURIComponent(tenant)}`;
    history.replaceState(null, "");  // the same address again would be this choice again
    location.assign(target + location.hash);
  };
  return (
    <Card title={t("tenant.title")}>
      {problem && <p>{t("tenant.unknown")}</p>}
      <Form submit={submit} label={t("tenant.go")}
        actions={cancel && <button type="button" class="button" onClick={cancel}>{t("cancel")}</button>}>
        <Field name="tenant" pattern={slugPattern} normal={slugOf} wrong={t("field.slug")}
          label={t("tenant.label")} help={t("tenant.help")} required autocomplete="organization"
          autocapitalize="none" spellcheck={false} maxLength={63} autofocus />
      </Form>
      {isAnother && <p class="aside">
        <a href={`${location.pathname}?tenant=${location.hash}`}>{t("tenant.own", { name: usual.name })}</a>
      </p>}
    </Card>);
}

// A link to another page for people who are not signed in; where they wanted to go goes along.
// `tenant`: where the page knows better than the browser whose they are.
export function To({ page, target, tenant, children }:
    { page: string; target?: string | null; tenant?: string | undefined; children: ComponentChildren }) {
  return <a href={withReturn(pageFor(page, tenant), target ?? null)}>{children}</a>;
}

// Switching an account on and off, and what else is done to one: each with what it means beside it.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { call, get, post, Problem } from "../base/api";
import { go } from "../base/route";
import { displayName, may } from "../base/session";
import { t } from "../base/texts";
import type { User } from "../base/types";
import { useAction } from "../parts/action";
import { confirm, Dialog } from "../parts/dialog";
import { Notice, say } from "../parts/feedback";
import { Field } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { Section } from "../parts/shell";
import { undoing } from "./undo";
import type { OfUser } from "./users_one";

function Action({ title, children, button, run, danger }:
    { title: string; children: ComponentChildren; button: string; run(): Promise<void> | void; danger?: boolean }) {
  const { busy, problem, act } = useAction();
  return (
    <li class="action-row">
      <div>
        <h3>{title}</h3>
        <p class="quiet small-text">{children}</p>
        {problem && <Notice kind="error">{problem.text}</Notice>}
      </div>
      <button type="button" class={danger ? "button small bad" : "button small"} aria-disabled={busy}
        onClick={() => void act(run)}>
        {busy && <span class="spinner" aria-hidden="true" />}{button}</button>
    </li>);
}

export function UserAccess({ context, user, set, ended }: OfUser & { ended(): void }) {
  const [deleting, setDeleting] = useState(false);
  const mayChange = may(context.user, "auth:users:edit");
  const mayFlag = context.user.is_tenant_admin || context.user.is_platform_admin;
  const path = `/auth/users/${user.id}`;
  const patch = async (json: Partial<User>) => {
    set(await call<User>("PATCH", path, { json, query: context.query() }));
    if (json.status) ended();
  };
  const change = async (json: Partial<User>, before: Partial<User> | null, text: string) => {
    await patch(json);
    say(text, before ? undoing(() => patch(before)) : undefined);
  };
  const name = displayName(user);

  const forceReset = () => confirm({
    title: t("users.force_reset"),
    body: <p>{t("users.force_reset_body", { email: user.email })}</p>,
    action: t("users.force_reset_do"),
    danger: true,
    run: async () => {
      await post(`${path}/force-password-reset`, undefined, context.query());
      say(t("users.force_reset_done", { email: user.email }));
      set(await get<User>(path, context.query()));
      ended();
    },
  });
  return (
    <Section title={t("users.access")}>
      <ul class="action-rows">
        {mayChange && (user.status === "active" ? (
          <Action key="status" title={t("users.disable_title")} button={t("users.disable")}
            run={() => change({ status: "disabled" }, { status: "active" }, t("users.disabled", { name }))}>
              {t("users.disable_help")}</Action>)
          : (
          <Action key="status" title={t(user.status === "pending" ? "users.confirm_title" : "users.enable_title")}
            button={t("users.enable")}
            run={() => change({ status: "active" }, user.status === "disabled" ? { status: "disabled" } : null,
              t("users.enabled", { name }))}>
            {t(user.status === "pending" ? "users.confirm_help" : "users.enable_help")}</Action>))}
        {mayFlag && mayChange && !user.is_platform_admin && (
          <Action key="flag" title={t("users.tenant_admin")} button={t(user.is_tenant_admin ? "users.flag_take"
            : "users.flag_give")}
            run={() => change({ is_tenant_admin: !user.is_tenant_admin }, { is_tenant_admin: user.is_tenant_admin },
              t(user.is_tenant_admin ? "users.flag_taken" : "users.flag_given", { name }))}>
                {t("users.tenant_admin_help")}</Action>)}
        {mayChange && (
          <Action title={t("users.unlock_title")} button={t("users.unlock")} run={async () => {
            await post(`${path}/unlock`, undefined, context.query());
            say(t("users.unlocked", { name }));
          }}>{t("users.unlock_help")}</Action>)}
        {mayChange && <Action title={t("users.password")} button={t("users.force_reset_do")} run={forceReset}>
          {t("users.force_reset_help")}</Action>}
        {may(context.user, "auth:users:delete") && (
          <Action title={t("users.delete_title")} button={t("users.delete")} danger run={() => setDeleting(true)}>
            {t("users.delete_help")}</Action>)}
      </ul>
      {deleting && <Deletion {...{ context, user, close: () => setDeleting(false) }} />}
    </Section>);
}

// Whoever deletes a person types who it is.
function Deletion({ context, user, close }: Pick<OfUser, "context" | "user"> & { close(): void }) {
  const submit = async ({ typed = "" }: Values) => {
    if (typed.trim().toLowerCase() !== user.email.toLowerCase()) {
      throw new Problem(422, "validation_failed", "", [
        { pointer: "/typed", code: "mismatch", detail: "", user_message: t("users.delete_mismatch") }]);
    }
    await call("DELETE", `/auth/users/${user.id}`, { query: context.query() });
    say(t("users.deleted", { name: displayName(user) }));
    close();
    go(context.link(["users"]));
  };
  return (
    <Dialog title={t("users.delete_title")} close={close}>
      <Form submit={submit} label={t("users.delete")} danger
        actions={<button type="button" class="button" onClick={close}>{t("cancel")}</button>}>
        <p>{t("users.delete_body", { name: displayName(user) })}</p>
        <Field name="typed" label={t("users.delete_type", { email: user.email })} required autocomplete="off"
          autocapitalize="none"
          spellcheck={false} />
      </Form>
    </Dialog>);
}

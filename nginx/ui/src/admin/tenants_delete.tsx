// Deleting a tenant: asked once, and where people are in it a second time, by its short name.
import { useEffect, useRef, useState } from "preact/hooks";

import { call, Problem } from "../base/api";
import { t } from "../base/texts";
import type { Tenant } from "../base/types";
import { Dialog } from "../parts/dialog";
import { Notice, say } from "../parts/feedback";
import { Field } from "../parts/fields";
import { Form, type Values } from "../parts/form";

export function DeleteTenant({ tenant, close, gone }: { tenant: Tenant; close(): void; gone(): void }) {
  const [inhabited, setInhabited] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => { if (inhabited) place.current?.querySelector("input")?.focus(); }, [inhabited]);
  const submit = async (values: Values) => {
    if (inhabited && values["slug"]?.trim() !== tenant.slug) {
      const told = t("tenants.delete_mismatch");
      throw new Problem(422, "", told, [{ pointer: "/slug", code: "", detail: "", user_message: told }]);
    }
    try {
      await call("DELETE", `/auth/tenants/${encodeURIComponent(tenant.id)}`,
        { query: inhabited ? { force: true } : {} });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "tenant_not_empty") throw error;
      setInhabited(true);
      return;
    }
    close();
    say(t("tenants.deleted", { name: tenant.name }));
    gone();
  };
  return (
    <Dialog title={t("tenants.delete_title", { name: tenant.name })} close={close}>
      <Form key={String(inhabited)} submit={submit}
        label={t(inhabited ? "tenants.delete_force" : "tenants.delete")} danger
        actions={<button type="button" class="button" onClick={close}>{t("cancel")}</button>}>
        {inhabited ? (
          <div class="form" ref={place}>
            <Notice kind="warning">{t("tenants.delete_inhabited")}</Notice>
            <Field name="slug" label={t("tenants.delete_type", { slug: tenant.slug })} required autocomplete="off"
              autocapitalize="none" spellcheck={false} />
          </div>)
          : <p>{t("tenants.delete_body")}</p>}
      </Form>
    </Dialog>);
}

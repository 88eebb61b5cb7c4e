// The fields of a tenant's subscription, new or known.
import { t } from "../base/texts";
import type { Tenant } from "../base/types";
import { Field } from "../parts/fields";
import { localTime } from "./filters";
import { takenAt } from "./taken";

export const slugTaken = (error: unknown): never => { throw takenAt(error, "slug", t("tenants.taken")); };

export function TenantFields({ tenant }: { tenant?: Tenant }) {
  return (
    <>
      <Field name="plan" label={t("tenants.plan")} help={t("tenants.plan_help")} maxLength={64}
        defaultValue={tenant?.plan ?? ""} />
      <Field name="max_users" label={t("tenants.max_users")} help={t("tenants.max_users_help")} type="number" min={1}
        max={1_000_000_000} step={1} defaultValue={tenant?.max_users ?? ""} />
      <Field name="subscription_ends_at" label={t("tenants.ends")} help={t("tenants.ends_help")} type="datetime-local"
        max="9999-12-31T23:59" defaultValue={localTime(tenant?.subscription_ends_at)} />
    </>);
}

// Roles: the list, a new one, one of them.
import { t } from "../base/texts";
import { Title } from "../parts/shell";
import type { Admin } from "./context";

export function Roles({ context: _ }: { context: Admin }) {
  return <Title>{t("roles.title")}</Title>;
}

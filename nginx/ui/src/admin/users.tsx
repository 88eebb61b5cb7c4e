// People: the list, a new one, one of them.
import { t } from "../base/texts";
import { Title } from "../parts/shell";
import type { Admin } from "./context";

export function Users({ context: _ }: { context: Admin }) {
  return <Title>{t("users.title")}</Title>;
}

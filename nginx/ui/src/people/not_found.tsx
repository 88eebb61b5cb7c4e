// Where nothing is.
import { pages } from "../base/session";
import { t } from "../base/texts";
import { Card } from "../parts/shell";

export const NotFound = () => (
  <Card title={t("not_found.title")}>
    <p>{t("not_found.body")}</p>
    <a class="button primary wide" href={pages.account}>{t("nav.account")}</a>
  </Card>);

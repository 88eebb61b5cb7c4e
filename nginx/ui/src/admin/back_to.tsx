// The way from one thing back to the list of its kind.
import type { ComponentChildren } from "preact";

import { t } from "../base/texts";
import { Icon } from "../parts/icon";

export const BackTo = ({ href, children }: { href: string; children: ComponentChildren }) => (
  <nav class="back-to" aria-label={t("admin.back")}><a href={href}><Icon name="back" />{children}</a></nav>);

// Puts a text onto the clipboard, and says whether that worked.
import { t } from "../base/texts";
import { say } from "../parts/feedback";
import { Icon } from "../parts/icon";

export function CopyButton({ text, label }: { text: string; label: string }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say(t("account.copied"));
    } catch {
      say(t("account.not_copied"));  // forbidden here: it can be selected
    }
  };
  return <button type="button" class="button small" onClick={() => void copy()}><Icon name="copy" />{label}</button>;
}

// Text that is to be put elsewhere: copied by a button, which says so.
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { t } from "../base/texts";
import { say } from "./feedback";
import { Icon } from "./icon";

// Of a text that stands on the page anyway.
export function CopyButton({ text, label }: { text: string; label: string }) {
  const copy = () => navigator.clipboard.writeText(text).then(() => say(t("copied")),
    () => say(t("not_copied")));  // forbidden here
  return <button type="button" class="button small" onClick={() => void copy()}><Icon name="copy" />{label}</button>;
}

// With the text, shown whole.
export function Copy({ label, text }: { label: string; text: string }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 4000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Not allowed here: people copy it themselves.
      input.current?.select();
    }
  };
  return (
    <div class="field copy">
      <label for={id}>{label}</label>
      <div class="copy-line">
        <input ref={input} id={id} class="mono" type="text" readOnly value={text}
          onFocus={(event) => event.currentTarget.select()} />
        <button type="button" class="button" onClick={() => void copy()}>
          <Icon name={copied ? "check" : "copy"} />
          <span aria-live="polite">{t(copied ? "copied" : "copy")}</span>
          <span class="hidden"> {label}</span>
        </button>
      </div>
    </div>);
}

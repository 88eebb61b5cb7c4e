// Dialogs over the page. The browser's own <dialog> keeps focus inside, ends with Escape and gives
// focus back.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";

import { t } from "../base/texts";
import { Form } from "./form";
import { Icon } from "./icon";
import { question } from "./question";
import { closing } from "./unsaved";

export { confirm } from "./question";

export function Dialog({ title, close, children, wide }:
    { title: string; close(): void; children: ComponentChildren; wide?: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const before = useRef(document.activeElement);
  useLayoutEffect(() => {
    const shown = dialog.current;
    // A field that asks for the focus may have it by now.
    const now = document.activeElement;
    const opener = now && now !== document.body && !shown?.contains(now) ? now : before.current;
    shown?.showModal();
    return () => {
      shown?.close();
      // The browser gives focus back only where the dialog is still in the document.
      const lost = !document.activeElement || document.activeElement === document.body;
      if (lost && opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  const stop = () => closing(dialog.current, close);
  return (
    <dialog ref={dialog} class={wide ? "wide" : undefined} aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        stop();
      }}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="button inside" onClick={stop}>
          <Icon name="close" /><span class="hidden">{t("close")}</span>
        </button>
      </header>
      {children}
    </dialog>);
}

// The place of confirm()'s dialog; a page has one.
export function Confirmation() {
  const asked = question.use();
  const close = () => question.set(null);
  // It is about the view it was asked in; one about leaving that view stays with it.
  useEffect(() => {
    if (!asked) return;
    const where = location.hash;
    const left = () => { if (location.hash !== where) close(); };
    addEventListener("hashchange", left);
    return () => removeEventListener("hashchange", left);
  }, [asked]);
  if (!asked) return null;
  const submit = async () => {
    await asked.run();
    if (question.value === asked) close();
  };
  return (
    <Dialog key={asked.title} title={asked.title} close={close}>
      <Form submit={submit} label={asked.action} danger={asked.danger ?? false}
        actions={<button type="button" class="button" onClick={close}>{t("cancel")}</button>}>
        <div>{asked.body}</div>
      </Form>
    </Dialog>);
}

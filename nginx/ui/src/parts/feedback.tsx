// What a page says to people: notices, messages that pass, progress, nothing to show, a failure.
import { signal } from "./signal";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { asProblem, type Problem } from "../base/api";
import { gateOf, goTo, here, isSignedOut, pageFor, pages } from "../base/session";
import { t } from "../base/texts";
import { focusHeading, refocus } from "./focus";
import { Icon } from "./icon";

// An error takes the focus where a form puts it there; others are read when they appear.
export function Notice({ kind, children, action }:
    { kind: "error" | "info" | "success" | "warning"; children: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class={`notice ${kind}`} role={kind === "error" ? "alert" : "status"}
      tabIndex={kind === "error" ? -1 : undefined}>
      <Icon name={kind === "success" ? "check" : "alert"} />
      <div>{children}</div>
      {action}
    </div>);
}

// What a Problem says, and the way on where there is one: to what must be done first. A session that ended
// is begun anew in another tab: here is what somebody entered.
export function Said({ problem }: { problem: Problem }) {
  if (problem.status === 401 && isSignedOut(problem)) {
    return (
      <>
        {problem.text}{" "}
        <a href={pageFor(pages.signIn)} target="_blank" rel="noreferrer">{t("sign_in.new_tab")}</a>.{" "}
        {t("sign_in.then")}
      </>);
  }
  const gate = gateOf(problem, here());
  if (!gate) return <>{problem.text}</>;
  return (
    <>
      {problem.text}{" "}
      <a href={gate} onClick={(event) => {
        event.preventDefault();
        void goTo(gate);
      }}>{t("gate.go")}</a>
    </>);
}

export const ProblemNotice = ({ problem }: { problem: Problem }) =>
  <Notice kind="error"><Said problem={problem} /></Notice>;

export const Loading = () => (
  <p class="loading" role="status"><span class="spinner" aria-hidden="true" />{t("loading")}</p>);

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return <div class="empty"><p class="empty-title">{title}</p>{children}</div>;
}

export function Failure({ problem, retry }: { problem: Problem; retry(): void }) {
  const button = useRef<HTMLButtonElement>(null);
  // Once more was enough: the button is gone, and with it the focus.
  useLayoutEffect(() => () => { if (document.activeElement === button.current) focusHeading(); }, []);
  return (
    <Notice kind="error" action={
      <button ref={button} type="button" class="button small" onClick={retry}>{t("retry")}</button>}>
      <Said problem={problem} />
      {problem.status >= 500 && problem.requestId &&
        <span class="line quiet">{t("request_id", { id: problem.requestId })}</span>}
    </Notice>);
}

interface Toast { id: number; text: ComponentChildren; undo?: (() => Promise<void>) | undefined; long?: boolean }

const toasts = signal<Toast[]>([]);
let next = 0;
const show = (toast: Omit<Toast, "id">) => toasts.set([...toasts.value.slice(-2), { id: next++, ...toast }]);
const drop = (id: number) => toasts.set(toasts.value.filter((one) => one.id !== id));

// Says that something was done. `undo` puts it back: then it stays longer, and until somebody leaves it.
export const say = (text: string, undo?: () => Promise<void>): void => show({ text, undo, long: Boolean(undo) });

// Says why something failed that has no other place to say so.
export const sayProblem = (error: unknown): void =>
  show({ text: <Said problem={asProblem(error)} />, long: true });

function One({ toast }: { toast: Toast }) {
  const box = useRef<HTMLDivElement>(null);
  const cameFrom = useRef<EventTarget | null>(null);
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  useEffect(() => {
    if (pointed || focused) return;
    const timer = setTimeout(() => drop(toast.id), toast.long ? 20_000 : 6_000);
    return () => clearTimeout(timer);
  }, [toast.id, pointed, focused]);
  // Whoever was in it goes back to where they came from.
  useLayoutEffect(() => () => {
    if (!box.current?.contains(document.activeElement)) return;
    refocus(() => cameFrom.current instanceof HTMLElement && cameFrom.current.isConnected ? cameFrom.current
      : document.querySelector<HTMLElement>("h1"));
  }, []);
  const undo = async () => {
    drop(toast.id);
    await toast.undo?.().catch(sayProblem);
  };
  return (
    <div ref={box} class="toast" onMouseEnter={() => setPointed(true)} onMouseLeave={() => setPointed(false)}
      onFocusCapture={({ relatedTarget }) => {
        if (!(relatedTarget instanceof Node && box.current?.contains(relatedTarget))) cameFrom.current = relatedTarget;
        setFocused(true);
      }}
      onBlurCapture={() => setFocused(false)}>
      <span>{toast.text}</span>
      {toast.undo && <button type="button" class="button small" onClick={undo}>{t("undo")}</button>}
      <button type="button" class="button inside" onClick={() => drop(toast.id)}>
        <Icon name="close" /><span class="hidden">{t("dismiss")}</span>
      </button>
    </div>);
}

// The place of passing messages; a page has one. It is there from the start: a live region that comes
// with its text is not read.
export function Toasts() {
  return <div class="toasts" role="status">{toasts.use().map((toast) => <One key={toast.id} toast={toast} />)}</div>;
}

// Labelled inputs of a Form: a label, help, the field's error where the form has one, tied together
// for screen readers.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { t } from "../base/texts";
import { useForm, type Rules } from "./form";
import { Icon } from "./icon";
import { asIs } from "./normal";
import { strength } from "./strength";

interface Common {
  name: string;
  label: string;
  help?: ComponentChildren;
}

type Typed<E extends HTMLElement> = (event: { currentTarget: E }) => void;

// What inputs of all kinds may be given. The library's own types tie each kind of input to the roles
// it may play, which cannot be passed on.
interface Attributes<E extends HTMLElement> {
  autocapitalize?: "none" | "words" | "characters";
  autocomplete?: string;
  autofocus?: boolean;
  defaultValue?: string | number;
  disabled?: boolean;
  maxLength?: number;
  minLength?: number;
  onChange?: Typed<E>;
  onInput?: Typed<E>;
  placeholder?: string;
  readOnly?: boolean;
  required?: boolean;
  spellcheck?: boolean;
  value?: string | number;
}

interface InputProps extends Common, Attributes<HTMLInputElement> {
  type?: "text" | "tel" | "number" | "search" | "url" | "date" | "datetime-local";
  inputMode?: "text" | "numeric" | "tel" | "email";
  min?: string | number;
  max?: string | number;
  step?: string | number;
  // What its text must be as `normal` reads it; without that, without blanks around it.
  pattern?: string;
  normal?: (text: string) => string;
  // Said where it does not fit the pattern.
  wrong?: string;
  list?: string;
}

interface CheckboxProps extends Common {
  checked?: boolean;
  defaultChecked?: boolean;
  disabled?: boolean;
  onChange?: Typed<HTMLInputElement>;
  required?: boolean;
  value?: string;
}

// What every field needs: its ids, its error, its attributes. `autofocus`: a browser heeds the attribute
// only once a page, so that a field of a later view asks for the focus itself.
export function useField(name: string, hasHelp: boolean, autofocus = false, rules: Rules = {}) {
  const id = useId();
  const form = useForm();
  useEffect(() => form.mind(name, rules), [name, rules.normal, rules.wrong]);
  useEffect(() => {
    if (autofocus) document.getElementById(id)?.focus();
  }, []);
  const error = form.errorOf(name);
  const described = [error && `${id}-error`, hasHelp && `${id}-help`].filter(Boolean).join(" ");
  return {
    id, error,
    attributes: {
      id, name, "aria-invalid": error ? true : undefined,
      "aria-describedby": described || undefined,
    } as const,
  };
}

interface FrameProps {
  id: string;
  label: string;
  error: string | undefined;
  help?: ComponentChildren;
  optional?: boolean;
  // The error is read out: the field has the focus already when it appears.
  alerts?: boolean;
  children: ComponentChildren;
}

export function Frame({ id, label, error, help, optional, alerts, children }: FrameProps) {
  return (
    <div class="field">
      <label for={id}>{label}{optional && <span class="quiet"> {t("field.optional")}</span>}</label>
      {children}
      {error && <p class="field-error" id={`${id}-error`} role={alerts ? "alert" : undefined}>
        <Icon name="alert" />{error}</p>}
      {help && <div class="help" id={`${id}-help`}>{help}</div>}
    </div>);
}

export function Field({ name, label, help, type = "text", normal, wrong, ...input }: InputProps) {
  const { id, error, attributes } = useField(name, Boolean(help), input.autofocus, { normal, wrong });
  return (
    <Frame {...{ id, label, error, help, optional: !input.required && !input.readOnly }}>
      <input type={type as "text"} {...input} {...attributes} />
    </Frame>);
}

export function TextArea({ name, label, help, ...area }: Common & Attributes<HTMLTextAreaElement> & { rows?: number }) {
  const { id, error, attributes } = useField(name, Boolean(help), area.autofocus);
  return (
    <Frame {...{ id, label, error, help, optional: !area.required }}>
      <textarea rows={3} {...area} {...attributes} />
    </Frame>);
}

export function Select({ name, label, help, children, ...select }:
    Common & Attributes<HTMLSelectElement> & { children: ComponentChildren }) {
  const { id, error, attributes } = useField(name, Boolean(help), select.autofocus);
  return (
    <Frame {...{ id, label, error, help }}>
      <select {...select} {...attributes}>{children}</select>
    </Frame>);
}

// Its value is "on" where it is ticked; absent otherwise.
export function Checkbox({ name, label, help, ...input }: CheckboxProps) {
  const { id, error, attributes } = useField(name, Boolean(help));
  return (
    <div class="field checkbox">
      <input type="checkbox" {...input} {...attributes} />
      <label for={id}>{label}</label>
      {error && <p class="field-error" id={`${id}-error`}><Icon name="alert" />{error}</p>}
      {help && <div class="help" id={`${id}-help`}>{help}</div>}
    </div>);
}

interface PasswordProps extends Common {
  autocomplete: "current-password" | "new-password";
  required?: boolean;
  // A new one: shows how strong it is. Words that make it weaker: the address, the tenant.
  meter?: readonly string[];
  minLength?: number;
  autofocus?: boolean;
}

export function PasswordField({ name, label, help, autocomplete, required = true, meter, minLength, autofocus }:
    PasswordProps) {
  const { id, error, attributes } = useField(name, Boolean(help) || meter !== undefined, autofocus, { normal: asIs });
  const [shown, setShown] = useState(false);
  const [value, setValue] = useState("");
  // Nor on a screen that somebody else looks at while the answer is on its way.
  const { busy } = useForm();
  useEffect(() => { if (busy) setShown(false); }, [busy]);
  const hint = meter && <Meter password={value} words={meter} minLength={minLength ?? 10} />;
  return (
    <Frame {...{ id, label, error, help: help || hint ? <>{hint}{help}</> : undefined }}>
      <div class="with-button">
        <input type={(shown ? "text" : "password") as "text"} {...attributes} required={required}
          autocomplete={autocomplete}
          autocapitalize="none" spellcheck={false} maxLength={512} autofocus={autofocus ?? false}
          onInput={(event) => setValue(event.currentTarget.value)} />
        <button type="button" class="button inside" aria-pressed={shown} aria-controls={id}
          onClick={() => setShown(!shown)}>
          <Icon name={shown ? "eye-off" : "eye"} />
          <span class="hidden">{t("password.show")}</span>
        </button>
      </div>
    </Frame>);
}

const levels = ["password.too_weak", "password.too_weak", "password.weak", "password.good", "password.strong"] as const;

// An estimate that errs on the low side; the server judges (SPEC P2).
function Meter({ password, words, minLength }: { password: string; words: readonly string[]; minLength: number }) {
  if (password === "") return <span>{t("password.rule", { n: minLength })}</span>;
  const score = strength(password, words, minLength);
  return (
    <span class="meter">
      <meter min={0} max={4} low={2} high={3} optimum={4} value={Math.max(score, 0.4)} aria-hidden="true" />
      <span aria-live="polite">{t(levels[score] ?? levels[0])}</span>
    </span>);
}

interface CodeProps extends Common {
  digitsOnly?: boolean;
  autofocus?: boolean;
  // Sends the form by itself once six digits are in: where the code is all there is to enter.
  sends?: boolean;
}

// A code of six digits, or a recovery code.
export function CodeField({ name, label, help, digitsOnly, autofocus, sends }: CodeProps) {
  const { id, error, attributes } = useField(name, Boolean(help), autofocus);
  const input = useRef<HTMLInputElement>(null);
  const onInput = () => {
    const field = input.current;
    if (!field) return;
    const compact = field.value.replace(/\s+/g, "");
    if (compact !== field.value) field.value = compact;
    if (sends && /^\d{6}$/.test(compact)) field.form?.requestSubmit();
  };
  return (
    <Frame {...{ id, label, error, help, alerts: true }}>
      <input ref={input} type="text" class="code" {...attributes} required autocomplete="one-time-code"
        inputMode={digitsOnly ? "numeric" : "text"} autocapitalize="none" spellcheck={false} maxLength={64}
        autofocus={autofocus ?? false} onInput={onInput} />
    </Frame>);
}

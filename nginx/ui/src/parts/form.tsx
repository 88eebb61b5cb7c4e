// A form that calls the API: while it runs its button says so and nothing is sent twice; what comes
// back as a Problem stands at the fields it is about and, for the rest, above them; focus goes to
// the first of these.
import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { asProblem, Problem } from "../base/api";
import { locale, t } from "../base/texts";
import { Notice, Said, sayProblem } from "./feedback";
import { plain } from "./normal";
import { useUnsaved } from "./unsaved";

export type Values = Record<string, string>;

interface FormState {
  busy: boolean;
  errorOf(name: string): string | undefined;
  mind(name: string, rules: Rules): () => void;
}

const FormContext = createContext<FormState>({
  busy: false, errorOf: () => undefined, mind: () => () => undefined });

export const useForm = () => useContext(FormContext);

// How a field's text is read before it is judged and sent, and what is said where it does not fit its
// pattern.
export interface Rules {
  normal?: ((text: string) => string) | undefined;
  wrong?: string | undefined;
}

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const isText = (one: Control): one is HTMLInputElement | HTMLTextAreaElement => one instanceof HTMLTextAreaElement ||
  (one instanceof HTMLInputElement && /^(text|tel|search|url|email|password)$/.test(one.type));

const controls = (form: HTMLFormElement): Control[] => [...form.elements].filter((one): one is Control =>
  (one instanceof HTMLInputElement || one instanceof HTMLSelectElement || one instanceof HTMLTextAreaElement) &&
  one.name !== "");

const textOf = (one: Control, { normal = plain }: Rules): string => isText(one) ? normal(one.value) : one.value;

const isTick = (one: Control): one is HTMLInputElement =>
  one instanceof HTMLInputElement && /^(checkbox|radio)$/.test(one.type);

// What somebody entered, and what was there for them to begin with.
const held = (one: Control, rules: Rules): string => isTick(one) ? String(one.checked) : textOf(one, rules);
const drawn = (one: Control): string => isTick(one) ? String(one.defaultChecked)
  : one instanceof HTMLSelectElement ? [...one.options].find((option) => option.defaultSelected)?.value ?? ""
  : one.defaultValue;

// What the browser would find, in our words: a bubble of its own is not read with the field.
function flawOf(one: Control, rules: Rules): string | undefined {
  const { validity } = one;
  const whole: Control = one;
  if (isText(one)) {
    const text = textOf(one, rules);
    if (text === "") return one.required ? t("field.required") : undefined;
    // Not by type=email, which refuses addresses that are not ASCII (RFC 6532); the server judges.
    if (one.inputMode === "email" && !/^\S+@\S+$/.test(text)) return t("field.email");
    if (text.length < one.minLength) return t("field.too_short");
    const pattern = one instanceof HTMLInputElement ? one.pattern : "";
    const fits = !validity.typeMismatch && (!pattern || new RegExp(`^(?:${pattern})$`, "u").test(text));
    return fits ? undefined : rules.wrong ?? t("field.pattern");
  }
  if (validity.valid) return undefined;
  const { rangeUnderflow, rangeOverflow } = validity;
  if (whole instanceof HTMLInputElement && whole.type === "number" && (rangeUnderflow || rangeOverflow)) {
    const limit = Number(rangeUnderflow ? whole.min : whole.max).toLocaleString(locale);
    return t(rangeUnderflow ? "field.too_small" : "field.too_large", { limit });
  }
  return t(!validity.valueMissing ? "field.pattern" : whole.type === "checkbox" ? "field.unticked" : "field.required");
}

// Refusals that are about one field, by the names it goes by.
const fieldsOf: Record<string, readonly string[]> = {
  invalid_code: ["code"],
  wrong_password: ["password", "current_password"],
};

export interface FormProps {
  // Gets the fields' texts, as their rules read them; what it throws is shown.
  submit(values: Values, form: HTMLFormElement): Promise<void>;
  // On the button.
  label: string;
  danger?: boolean;
  // Beside the button.
  actions?: ComponentChildren;
  children?: ComponentChildren;
  // Shown instead of what the Problem says, where a page knows better.
  explain?(problem: Problem): ComponentChildren | undefined;
  // What was entered and not sent is not lost without a question.
  guard?: boolean;
  id?: string;
  class?: string;
}

export function Form({ submit, label, danger, actions, children, explain, guard, id, class: name }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const running = useRef(false);  // as busy, but at once: two presses may come before the next drawing
  const [problem, setProblem] = useState<Problem | null>(null);
  const [found, setFound] = useState(new Map<string, string>());
  const fields = useRef(new Map<string, Rules>());
  const alive = useRef(true);
  useEffect(() => {
    alive.current = true;
    return () => { alive.current = false; };
  }, []);

  // What each control held when all of it was kept.
  const kept = useRef(new Map<Control, string>());
  const rulesOf = (one: Control): Rules => fields.current.get(one.name) ?? {};
  const keep = () => {
    if (!guard || !form.current) return;
    kept.current = new Map(controls(form.current).map((one) => [one, held(one, rulesOf(one))]));
  };
  useLayoutEffect(keep, []);
  const lost = () => !running.current && form.current !== null && controls(form.current).some((one) => {
    const now = held(one, rulesOf(one));
    return now !== drawn(one) && now !== kept.current.get(one);
  });
  useUnsaved(guard ?? false, () => form.current, lost);

  const explained = problem && explain?.(problem);
  const own = problem && !explained ? fieldsOf[problem.code]?.find((field) => fields.current.has(field)) : undefined;
  const state: FormState = {
    busy,
    errorOf: (field) => found.get(field) ?? problem?.of(field) ?? (field === own ? problem?.text : undefined),
    mind: (field, rules) => {
      fields.current.set(field, rules);
      return () => { fields.current.delete(field); };
    },
  };

  // After each failed try, as soon as what it says is on the page.
  useLayoutEffect(() => {
    if (!problem && found.size === 0) return;
    // The fields are drawn after the form, in the same breath.
    queueMicrotask(() => {
      const first = form.current?.querySelector<HTMLElement>("[aria-invalid=true], [role=alert]");
      first?.focus();
      // What was wrong is typed anew, not mended.
      if (own && first instanceof HTMLInputElement) first.select();
    });
  }, [problem, found]);

  const onSubmit = async (event: Event) => {
    event.preventDefault();
    if (running.current || !form.current) return;
    setProblem(null);
    const all = controls(form.current);
    const flawed = new Map<string, string>();
    for (const one of all) {
      const flaw = "readOnly" in one && one.readOnly ? undefined : flawOf(one, rulesOf(one));
      if (flaw) flawed.set(one.name, flaw);
    }
    setFound(flawed);
    if (flawed.size) return;
    running.current = true;
    setBusy(true);
    try {
      const values: Values = {};
      for (const [key, value] of new FormData(form.current)) {
        if (typeof value === "string") values[key] = value;
      }
      for (const one of all) {
        if (isText(one) && values[one.name] !== undefined) values[one.name] = textOf(one, rulesOf(one));
      }
      await submit(values, form.current);
      keep();
    } catch (error) {
      const failure = asProblem(error);
      // A dialog that was closed meanwhile still has to tell.
      if (alive.current) setProblem(failure);
      else sayProblem(failure);
    } finally {
      running.current = false;
      if (alive.current) setBusy(false);
    }
  };

  // Errors of fields that this form does not show would be lost otherwise.
  const elsewhere = problem?.fields.filter(({ pointer }) => !fields.current.has(pointer.slice(1))) ?? [];
  const atFields = own !== undefined || (problem && problem.fields.length > 0 && elsewhere.length === 0);
  return (
    <FormContext.Provider value={state}>
      <form ref={form} id={id} class={name ? `form ${name}` : "form"} noValidate aria-busy={busy} onSubmit={onSubmit}>
        {problem && !atFields && (
          <Notice kind="error">
            {explained ?? <Said problem={problem} />}
            {problem.retryAfter && problem.status === 429 && ` ${t("wait", { time: wait(problem.retryAfter) })}`}
            {elsewhere.map(({ pointer, user_message }) => <span class="line" key={pointer}>{user_message}</span>)}
            {problem.status >= 500 && problem.requestId &&
              <span class="line quiet">{t("request_id", { id: problem.requestId })}</span>}
          </Notice>)}
        {children}
        <div class="actions">
          <Submit label={label} danger={danger ?? false} />
          {actions}
        </div>
      </form>
    </FormContext.Provider>);
}

function wait(seconds: number): string {
  const unit = seconds < 120 ? "second" : "minute";
  const value = unit === "second" ? seconds : Math.ceil(seconds / 60);
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(value);
}

function Submit({ label, danger }: { label: string; danger: boolean }) {
  const { busy } = useForm();
  return (
    <button type="submit" class={danger ? "button danger" : "button primary"} aria-disabled={busy}>
      {busy && <span class="spinner" aria-hidden="true" />}
      {label}
    </button>);
}

// The permissions of a role that are no box of the matrix: with stars, ":own", or everything.
import { useRef, useState } from "preact/hooks";

import { t } from "../base/texts";
import { Icon } from "../parts/icon";
import { Code } from "./code";
import { everything, isGrant, isListed, type Module } from "./permission";

export function Specials({ modules, specials, add, remove, readOnly }: {
  modules: Module[];
  specials: string[];
  // Of any form: a plain one is a box of the matrix, which is ticked then.
  add(code: string): void;
  remove(code: string): void;
  readOnly: boolean;
}) {
  const [text, setText] = useState("");
  const [error, setError] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const enter = () => {
    const code = text.trim();
    const wrong = code === "" ? t("field.required") : !isGrant(code) ? t("roles.special_form")
      : !isListed(modules, code) ? t("roles.special_unknown") : null;
    setError(wrong);
    if (!wrong) {
      add(code);
      setText("");
    }
    input.current?.focus();
  };
  return (
    <div class="specials">
      <h3>{t("roles.specials")}</h3>
      {specials.length === 0 && readOnly && <p class="quiet">{t("roles.specials_none")}</p>}
      {specials.length > 0 && (
        <ul class="chips" aria-label={t("roles.specials")}>
          {specials.map((code) => (
            <li key={code} class="chip">
              <span>{code === everything ? t("roles.everything") : <Code text={code} />}</span>
              {!readOnly && (
                <button type="button" class="chip-button" onClick={() => {
                  remove(code);
                  input.current?.focus();
                }}>
                  <Icon name="close" /><span class="hidden">{t("roles.special_remove", { code })}</span>
                </button>)}
            </li>))}
        </ul>)}
      {!readOnly && (
        <div class="field">
          <label for="special">{t("roles.special_add")}</label>
          <div class="with-action">
            <input ref={input} id="special" type="text" class="mono" value={text} autocomplete="off" autocapitalize="none" spellcheck={false}
              maxLength={200} aria-invalid={error ? true : undefined} aria-describedby={error ? "special-error special-help" : "special-help"}
              onInput={(event) => {
                setText(event.currentTarget.value);
                setError(null);
              }}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                enter();
              }} />
            <button type="button" class="button" onClick={enter}>{t("roles.special_do")}</button>
          </div>
          {error && <p class="field-error" id="special-error" role="alert"><Icon name="alert" />{error}</p>}
          <p class="help" id="special-help">{t("roles.special_help")}</p>
        </div>)}
    </div>);
}

// The permission matrix of a role: module by module, of which one is open, a table of resources by
// actions. There may be thousands of permissions: what is closed is not drawn, and a tick draws its
// own row again, no other.
import { Component } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { plural, t } from "../base/texts";
import { Empty } from "../parts/feedback";
import { Icon } from "../parts/icon";
import { givenBy, type Module } from "./permission";

export type Toggle = (codes: string[], on: boolean) => void;

interface MatrixProps {
  modules: Module[];
  chosen: ReadonlySet<string>;
  specials: string[];
  toggle: Toggle;
  readOnly: boolean;
}

// How many resources are drawn before somebody asks for more.
const atOnce = 100;

// How many of a module a role gives, ticked or by what is wider.
const countIn = (module: Module, chosen: ReadonlySet<string>, specials: string[]): number => {
  let n = 0;
  for (const code of module.codes.keys()) if (chosen.has(code) || givenBy(specials, code)) ++n;
  return n;
};

export function Matrix({ modules, chosen, specials, toggle, readOnly }: MatrixProps) {
  const [words, setWords] = useState("");
  const [open, setOpen] = useState<string | null>(modules.find((one) => countIn(one, chosen, specials) > 0)?.name ?? modules[0]?.name ?? null);
  const wanted = words.trim().toLowerCase().split(/[\s:]+/).filter(Boolean);
  const shown = useMemo(() => wanted.length === 0 ? modules : modules.filter((module) =>
    [...module.codes].some(([code, text]) => wanted.every((word) => `${code} ${text ?? ""}`.toLowerCase().includes(word)))),
  [modules, words]);
  return (
    <div class="matrix">
      <div class="field matrix-filter">
        <label for="matrix-q">{t("roles.filter")}</label>
        <input id="matrix-q" type="search" value={words} autocomplete="off" spellcheck={false} placeholder={t("roles.filter_for")}
          onInput={(event) => setWords(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && event.preventDefault()} />
      </div>
      {specials.some((code) => !code.endsWith(":own")) && <p class="legend quiet small-text">{t("roles.legend")}</p>}
      {shown.length === 0 && <Empty title={t("roles.filter_none")} />}
      <ul class="modules">
        {shown.map((module) => {
          const count = countIn(module, chosen, specials);
          const isOpen = open === module.name;
          return (
            <li key={module.name} class="module">
              <h3>
                <button type="button" class="module-button" aria-expanded={isOpen} onClick={() => setOpen(isOpen ? null : module.name)}>
                  <Icon name="chevron" /><span>{module.name}</span>
                  <span class={count ? "tag accent" : "tag"}>
                    {t("roles.of_chosen", { n: count, total: module.codes.size })}</span>
                </button>
              </h3>
              {isOpen && <Grid {...{ module, chosen, specials, toggle, readOnly }} />}
            </li>);
        })}
      </ul>
    </div>);
}

function Grid({ module, chosen, specials, toggle, readOnly }: Omit<MatrixProps, "modules"> & { module: Module }) {
  const [limit, setLimit] = useState(atOnce);
  const column = (action: string) => module.resources.map((resource) => `${module.name}:${resource}:${action}`)
    .filter((code) => module.codes.has(code));
  const every = [...module.codes.keys()];
  return (
    <>
      <div class="grid-box" role="region" tabIndex={0} aria-label={t("roles.matrix_of", { module: module.name })}>
        <table class="grid">
          <caption class="hidden">{t("roles.matrix_of", { module: module.name })}</caption>
          <thead>
            <tr>
              <th scope="col"><Box label={t("roles.all_of", { what: module.name })} text={t("roles.resource")}
                {...{ codes: every, chosen, toggle, readOnly }} /></th>
              {module.actions.map((action) => (
                <th scope="col" key={action}>
                  <Box label={t("roles.all_of_action", { module: module.name, action })} text={action}
                    {...{ codes: column(action), chosen, toggle, readOnly }} />
                </th>))}
            </tr>
          </thead>
          <tbody>
            {module.resources.slice(0, limit).map((resource) => {
              const cells = module.actions.map((action) => {
                const code = `${module.name}:${resource}:${action}`;
                if (!module.codes.has(code)) return "-";
                return chosen.has(code) ? "x" : ".";
              }).join("");
              return <Row key={resource} {...{ module, resource, cells, specials: specials.join(" "), toggle, readOnly }} />;
            })}
          </tbody>
        </table>
      </div>
      {module.resources.length > limit && (
        <p class="more"><button type="button" class="button small" onClick={() => setLimit(limit + atOnce)}>
          {plural("roles.more_rows", module.resources.length - limit)}</button></p>)}
    </>);
}

interface RowProps { module: Module; resource: string; cells: string; specials: string; toggle: Toggle; readOnly: boolean }

// `cells`: a character an action, "x" ticked, "." not, "-" none such. Drawn again where it changes.
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return next.cells !== this.props.cells || next.specials !== this.props.specials || next.readOnly !== this.props.readOnly;
  }

  override render({ module, resource, cells, specials, toggle, readOnly }: RowProps) {
    const codeOf = (action: string) => `${module.name}:${resource}:${action}`;
    const codes = module.actions.map(codeOf).filter((code) => module.codes.has(code));
    const chosen = new Set(module.actions.filter((_, i) => cells[i] === "x").map(codeOf));
    const wide = specials ? specials.split(" ") : [];
    return (
      <tr>
        <th scope="row">
          <Box label={t("roles.all_of", { what: `${module.name}, ${resource}` })} text={resource} {...{ codes, chosen, toggle, readOnly }} />
        </th>
        {module.actions.map((action, i) => {
          const code = codeOf(action);
          if (cells[i] === "-") return <td key={action}><span class="hidden">{t("roles.no_such")}</span></td>;
          const given = givenBy(wide, code);
          const description = module.codes.get(code);
          const name = `${module.name}, ${resource}: ${action}` + (given ? ` (${t("roles.given_by", { special: given })})` : "");
          return (
            <td key={action} class={given ? "given" : undefined}>
              <label class="cell" title={[description, given && t("roles.given_by", { special: given })].filter(Boolean).join(" · ") || undefined}>
                <input type="checkbox" aria-label={name} checked={cells[i] === "x"} disabled={readOnly}
                  onChange={(event) => toggle([code], event.currentTarget.checked)} />
              </label>
            </td>);
        })}
      </tr>);
  }
}

// Ticks or clears many: mixed where some of them are ticked.
function Box({ label, text, codes, chosen, toggle, readOnly }:
    { label: string; text: string; codes: string[]; chosen: ReadonlySet<string>; toggle: Toggle; readOnly: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  const n = codes.filter((code) => chosen.has(code)).length;
  const mixed = n > 0 && n < codes.length;
  useEffect(() => {
    if (input.current) input.current.indeterminate = mixed;
  });
  return (
    <label class="box">
      <input ref={input} type="checkbox" aria-label={label} checked={n > 0 && n === codes.length} disabled={readOnly}
        onChange={() => toggle(codes, n < codes.length)} />
      <span>{text}</span>
    </label>);
}

// One setting, as its schema says what it may be.
import { useState } from "preact/hooks";

import { locale, t, tryText } from "../base/texts";
import { Checkbox, Field, Frame, Select, TextArea, useField } from "../parts/fields";
import { durationText, isDuration, lengthOf, split, units, type Unit } from "./duration";
import { defaultOf, labelOf, optionOf, same, typeOf, type Json, type Property } from "./settings_table";

interface Props {
  name: string;
  property: Property;
  // Undefined while it is no value: a number half typed.
  value: Json | undefined;
  set(value: Json | undefined): void;
}

export function SettingField(props: Props) {
  const usual = defaultOf(props.name, props.property);
  return (
    <div class={isWide(props.property) ? "setting whole" : "setting"}>
      <Input {...props} />
      {usual !== undefined && props.value !== undefined && !same(props.value, usual) && (
        <button type="button" class="link reset" onClick={({ currentTarget: button }) => {
          // The button goes: its field is next.
          button.parentElement?.querySelector<HTMLElement>("input, select, textarea")?.focus();
          props.set(usual);
        }}>
          {t("settings.reset", { value: shown(props.name, usual) })}
          <span class="hidden"> ({labelOf(props.name)})</span>
        </button>)}
    </div>);
}

const isWide = (property: Property): boolean => typeOf(property) === "array" || (property.maxLength ?? 0) > 500;

function shown(name: string, value: Json): string {
  if (typeof value === "boolean") return t(value ? "settings.on" : "settings.off");
  if (typeof value === "number") return value === 0 && tryText(`settings.${name}.zero`)
    ? tryText(`settings.${name}.zero`) ?? "" : isDuration(name) ? durationText(value) : value.toLocaleString(locale);
  if (typeof value === "string" && value !== "") return `“${optionOf(name, value)}”`;
  return t("settings.nothing");
}

function Input({ name, property, value, set }: Props) {
  const label = labelOf(name);
  const help = tryText(`settings.${name}.help`);
  switch (typeOf(property)) {
    case "boolean":
      return <Checkbox name={name} label={label} help={help} checked={value === true}
        onChange={(event) => set(event.currentTarget.checked)} />;
    case "integer":
      return isDuration(name) ? <Duration {...{ name, property, value, set }} />
        : <Whole {...{ name, property, value, set }} />;
    case "array":
      return <TextArea name={name} label={label} help={<>{help} {t("settings.one_per_line")}</>}
        rows={4} spellcheck={false}
        value={Array.isArray(value) ? value.join("\n") : ""}
        onInput={(event) => set(event.currentTarget.value === "" ? [] : event.currentTarget.value.split("\n"))} />;
    default:
      if (property.enum) {
        return (
          <Select name={name} label={label} help={help} value={String(value)}
            onChange={(event) => set(event.currentTarget.value)}>
            {property.enum.map((one) => <option key={one} value={one}>{optionOf(name, one)}</option>)}
          </Select>);
      }
      return isWide(property)
        ? <TextArea name={name} label={label} help={help} rows={5} value={String(value ?? "")}
            maxLength={property.maxLength ?? -1}
            onInput={(event) => set(event.currentTarget.value)} />
        : <Field name={name} label={label} help={help} value={String(value ?? "")} maxLength={property.maxLength ?? -1}
            onInput={(event) => set(event.currentTarget.value)} />;
  }
}

const whole = (text: string): number | undefined => /^-?\d+$/.test(text) ? Number(text) : undefined;

function range({ minimum, maximum }: Property, say: (n: number) => string): string {
  return minimum === undefined || maximum === undefined ? ""
    : t("settings.range", { from: say(minimum), to: say(maximum) });
}

function Whole({ name, property, value, set }: Props) {
  const [text, setText] = useState(String(value));
  if (value !== undefined && whole(text) !== value) setText(String(value));
  return <Field name={name} label={labelOf(name)} type="number" required step={1} value={text}
    {...(property.minimum !== undefined && { min: property.minimum })}
    {...(property.maximum !== undefined && { max: property.maximum })}
    help={<>{tryText(`settings.${name}.help`)} {range(property, (n) => n.toLocaleString(locale))}</>}
    onInput={({ currentTarget: input }) => {
      setText(input.value);
      set(whole(input.value));
    }} />;
}

// A number and a unit; together whole seconds, so that nothing is lost whichever unit it is shown in.
function Duration({ name, property, value, set }: Props) {
  const { id, error, attributes } = useField(name, true);
  const [shown, show] = useState(() => text(typeof value === "number" ? value : 0));
  const seconds = (what: typeof shown): number | undefined => {
    const n = whole(what.value);
    return n === undefined ? undefined : n * lengthOf(what.unit);
  };
  // Set from outside: reset, undone.
  if (typeof value === "number" && seconds(shown) !== value) show(text(value));
  const change = (what: typeof shown) => {
    show(what);
    set(seconds(what));
  };
  const unit = lengthOf(shown.unit);
  return (
    <Frame {...{ id, error, label: labelOf(name) }}
      help={<>{tryText(`settings.${name}.help`)} {range(property, durationText)}</>}>
      <div class="duration">
        <input type="number" {...attributes} required step={1} min={Math.ceil((property.minimum ?? 0) / unit)}
          {...(property.maximum !== undefined && { max: Math.floor(property.maximum / unit) })} value={shown.value}
          onInput={(event) => change({ ...shown, value: event.currentTarget.value })} />
        <select aria-label={t("settings.unit", { name: labelOf(name) })} value={shown.unit}
          onChange={(event) => change({ ...shown, unit: event.currentTarget.value as Unit })}>
          {units.map(([one]) => <option key={one} value={one}>{t(`settings.unit.${one}`)}</option>)}
        </select>
      </div>
    </Frame>);
}

function text(seconds: number): { value: string; unit: Unit } {
  const { value, unit } = split(seconds);
  return { value: String(value), unit: seconds === 0 ? "minute" : unit };
}

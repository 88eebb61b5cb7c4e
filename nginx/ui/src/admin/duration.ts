// Lengths of time: seconds for the server, the largest unit that leaves no rest for people.
import { locale } from "../base/texts";

export const units = [["second", 1], ["minute", 60], ["hour", 3600], ["day", 86_400]] as const;
export type Unit = (typeof units)[number][0];

export const lengthOf = (unit: Unit): number => units.find(([name]) => name === unit)?.[1] ?? 1;

export function split(seconds: number): { value: number; unit: Unit } {
  const fitting = units.filter(([, length]) => seconds > 0 && seconds % length === 0).at(-1) ?? units[0];
  return { value: seconds / fitting[1], unit: fitting[0] };
}

// Which settings are lengths of time: the schema says "integer" of all numbers alike.
export const isDuration = (key: string): boolean => /_(ttl|timeout|window|duration|grace)$/.test(key);

export function durationText(seconds: number): string {
  const { value, unit } = split(seconds);
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(value);
}

// What the pages know about settings beyond their schema: how they are grouped, and their defaults. A
// setting that is not here appears all the same, among "other", under its key.
import { tryText } from "../base/texts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Settings = Record<string, Json>;

// A property of the schema "SettingsChange" of /auth/openapi.json.
export interface Property {
  type: string | string[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  enum?: string[];
  items?: Property;
  default?: Json;
}

export const providersKey = "oauth_providers";

const groups: Record<string, readonly string[]> = {
  sessions: ["session_ttl", "idle_timeout", "max_sessions", "ip_binding"],
  tokens: ["access_ttl", "refresh_grace", "roles_claim", "sliding_renewal", "permissions_claim"],
  lockout: ["lockout_threshold", "lockout_window", "lockout_duration"],
  passwords: ["password_min_length", "password_reset_ttl"],
  second_factor: ["require_2fa", "mfa_challenge_ttl"],
  registration: ["registration", "verify_email_ttl", "registration_domains"],
  texts: ["mail_sender_name", "info_text"],
  oauth: ["oauth_link_verified_email"],
};

export interface Group { name: string; keys: string[] }

export function grouped(keys: readonly string[]): Group[] {
  const placed = new Set(Object.values(groups).flat());
  const all = [...Object.entries(groups), ["other", keys.filter((key) => !placed.has(key))] as const];
  return all.map(([name, wanted]) => ({
    name, keys: wanted.filter((key) => keys.includes(key) && key !== providersKey) }))
    .filter((group) => group.keys.length > 0);
}

// API.md "Tenant settings".
const defaults: Settings = {
  access_ttl: 3600, session_ttl: 86_400, refresh_grace: 10, idle_timeout: 0, max_sessions: 1, lockout_threshold: 5,
  lockout_window: 900, lockout_duration: 900, password_min_length: 10, require_2fa: "off", mfa_challenge_ttl: 300,
  verify_email_ttl: 86_400, password_reset_ttl: 1800, registration: "open", registration_domains: [], ip_binding: "off",
  roles_claim: "array", permissions_claim: true, sliding_renewal: true, info_text: "", mail_sender_name: "",
  oauth_link_verified_email: false,
};

// undefined where nobody told us.
export const defaultOf = (key: string, property: Property): Json | undefined => property.default ?? defaults[key];

export const typeOf = ({ type }: Property): string =>
  Array.isArray(type) ? type.find((one) => one !== "null") ?? "" : type;

export const labelOf = (key: string): string => tryText(`settings.${key}`) ?? key;
export const optionOf = (key: string, value: string): string => tryText(`settings.${key}.${value}`) ?? value;

export const same = (a: Json | undefined, b: Json | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

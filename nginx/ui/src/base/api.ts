// Calls of the API in cookie mode (SPEC S8): the CSRF token goes along, a session whose access token
// has run out is refreshed once and the call repeated, and what fails is a Problem.
import { t, tryText } from "./texts";

export interface FieldProblem { pointer: string; code: string; detail: string; user_message: string }

// An RFC 9457 document, or `offline` where no answer came.
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly userMessage: string;
  readonly fields: FieldProblem[];
  readonly requestId: string | null;
  readonly retryAfter: number | null;  // seconds

  constructor(status: number, code: string, userMessage: string, fields: FieldProblem[] = [],
              requestId: string | null = null, retryAfter: number | null = null) {
    super(code);
    this.status = status;
    this.code = code;
    this.userMessage = userMessage;
    this.fields = fields;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }

  // What people are told: the server's words, or ours in their language.
  get text(): string {
    return tryText(`error.${this.code}`) ?? this.userMessage;
  }

  // The message about one field; `name` as in the request, "device/name" for one inside another.
  of(name: string): string | undefined {
    const found = this.fields.find(({ pointer }) => pointer === `/${name}`);
    return found && (tryText(`field_error.${found.code}`) ?? found.user_message);
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Options {
  query?: Query;
  json?: unknown;
  form?: FormData;
  signal?: AbortSignal;
  headers?: Record<string, string>;
  // Even if the session has to be refreshed for it.
  once?: boolean;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const cookie = (name: string): string | undefined =>
  document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);

// Without the empty ones.
export function withQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}

// What statuses mean where something between us and the server answered in words of its own.
const codeOfStatus = (status: number) => status === 413 ? "body_too_large"
  : status >= 502 && status <= 504 ? "unavailable"
  : status >= 500 ? "internal" : "unexpected";

async function problemOf(response: Response): Promise<Problem> {
  const retry = Number(response.headers.get("Retry-After")) || null;
  const requestId = response.headers.get("X-Request-Id");
  const body = await response.json().catch(() => null);
  if (typeof body?.code === "string" && typeof body.user_message === "string") {
    const fields = Array.isArray(body.errors) ? body.errors : [];
    return new Problem(response.status, body.code, body.user_message, fields, requestId, retry);
  }
  const code = codeOfStatus(response.status);
  return new Problem(response.status, code, t(`answer.${code}`), [], requestId, retry);
}

function send(method: Method, path: string, options: Options): Promise<Response> {
  const headers = new Headers({ Accept: "application/json", ...options.headers });
  const csrf = cookie("__Host-gatehouse_csrf");
  if (method !== "GET" && csrf) headers.set("X-CSRF-Token", csrf);
  let body: BodyInit | null = options.form ?? null;
  if (options.json !== undefined) {
    headers.set("Content-Type", "application/json");
    body = JSON.stringify(options.json);
  }
  return fetch(withQuery(path, options.query), {
    method, headers, body, credentials: "same-origin", cache: "no-store",
    redirect: "error", signal: options.signal ?? null,
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "offline", t("error.no_answer"));
  });
}

const codeOf = async (response: Response): Promise<unknown> =>
  (await response.clone().json().catch(() => null))?.code;

// Another tab's refresh may bring a new CSRF cookie between our reading it and the browser's sending
// it. Nothing has happened then, and once more will do.
async function sendTwice(method: Method, path: string, options: Options): Promise<Response> {
  const first = await send(method, path, options);
  return first.status === 403 && await codeOf(first) === "csrf_failed" ? send(method, path, options) : first;
}

let refreshing: Promise<boolean> | null = null;

// One refresh for all calls that wait for it. Other tabs may refresh at the same moment: they get
// the same successor (SPEC T6). False where the session is over; throws where that cannot be told,
// so that a server out of breath signs nobody out.
async function refreshOnce(): Promise<boolean> {
  if (!cookie("__Host-gatehouse_csrf")) return false;
  const response = await sendTwice("POST", "/auth/refresh", { json: {} });
  if (!response.ok && response.status !== 401) throw await problemOf(response);
  return response.ok;
}

function refresh(): Promise<boolean> {
  refreshing ??= refreshOnce().finally(() => { refreshing = null; });
  return refreshing;
}

// A call is sent again only after answers that precede any effect.
async function answered(method: Method, path: string, options: Options): Promise<Response> {
  const first = await sendTwice(method, path, options);
  if (first.status !== 401 || options.once) return first;
  const code = await codeOf(first);
  const ended = code === "invalid_token" || code === "authentication_required";
  return ended && await refresh() ? sendTwice(method, path, options) : first;
}

// The answer's JSON, undefined for an empty one. Throws a Problem.
export async function call<T = void>(method: Method, path: string, options: Options = {}):
    Promise<T> {
  const response = await answered(method, path, options);
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  return await response.json() as T;
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  call<T>("GET", path, { ...(query && { query }), ...(signal && { signal }) });
export const post = <T = void>(path: string, json: unknown = {}, query?: Query): Promise<T> =>
  call<T>("POST", path, { json, ...(query && { query }) });

// Whatever was thrown, as a Problem.
export const asProblem = (error: unknown): Problem => error instanceof Problem ? error
  : new Problem(0, "unexpected", t("error.unexpected"));

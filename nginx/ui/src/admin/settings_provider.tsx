// One service to sign in with: new, or changed.
import { useState } from "preact/hooks";

import { asProblem, Problem } from "../base/api";
import { t } from "../base/texts";
import { Dialog } from "../parts/dialog";
import { say } from "../parts/feedback";
import { Field, Frame, Select, TextArea, useField } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { slugOf, slugPattern } from "../parts/normal";
import { Copy } from "../parts/copy";
import { providersKey } from "./settings_table";

export interface Provider {
  id: string;
  name: string;
  type: "oidc" | "oauth2";
  issuer?: string;
  authorization_endpoint?: string;
  token_endpoint?: string;
  userinfo_endpoint?: string;
  client_id: string;
  // Never read back; left out: the one before stays.
  client_secret?: string;
  scopes: string[];
}

const endpoints = ["authorization_endpoint", "token_endpoint", "userinfo_endpoint"] as const;

function read(values: Values): Provider {
  const text = (name: string): string => (values[name] ?? "").trim();
  const type = values["type"] === "oauth2" ? "oauth2" : "oidc";
  return {
    id: text("id"), name: text("name"), type,
    ...(type === "oidc" ? { issuer: text("issuer") } : Object.fromEntries(endpoints.map((one) => [one, text(one)]))),
    client_id: text("client_id"),
    ...(values["client_secret"] && { client_secret: values["client_secret"] }),
    scopes: text("scopes").split(/[\s,]+/).filter(Boolean),
  };
}

// The server names the place in the list; here there is but one.
function atFields(error: unknown, place: number): Problem {
  const problem = asProblem(error);
  const own = `/${providersKey}/${place}/`;
  const fields = problem.fields.map((field) => field.pointer.startsWith(own)
    ? { ...field, pointer: `/${field.pointer.slice(own.length)}` } : field);
  return new Problem(problem.status, problem.code, problem.userMessage, fields, problem.requestId, problem.retryAfter);
}

interface Props {
  provider: Provider | undefined;
  place: number;
  baseUrl: string;
  close(): void;
  save(provider: Provider): Promise<void>;
}

export function EditProvider({ provider, place, baseUrl, close, save }: Props) {
  const [type, setType] = useState<Provider["type"]>(provider?.type ?? "oidc");
  const [id, setId] = useState(provider?.id ?? "");
  const submit = async (values: Values) => {
    const changed = read(values);
    try {
      await save(changed);
    } catch (error) {
      throw atFields(error, place);
    }
    close();
    say(t("settings.provider_saved", { name: changed.name }));
  };
  const url = {
    type: "url" as const, required: true, maxLength: 500, autocapitalize: "none" as const,
    placeholder: "https://",
  };
  return (
    <Dialog
      title={provider ? t("settings.provider_edit_title", { name: provider.name }) : t("settings.provider_new")}
      close={close} wide>
      <Form class="columns-2 provider" guard submit={submit} label={t("save")}
        actions={<button type="button" class="button" onClick={close}>{t("cancel")}</button>}>
        <Field name="name" label={t("settings.provider.name")} help={t("settings.provider.name.help")}
          required maxLength={100}
          defaultValue={provider?.name ?? ""} autofocus />
        <Field name="id" label={t("settings.provider.id")} help={t("settings.provider.id.help")} required maxLength={32}
          pattern={slugPattern} normal={slugOf} wrong={t("field.slug")} readOnly={provider !== undefined}
          autocapitalize="none" spellcheck={false} value={id}
          onInput={(event) => setId(event.currentTarget.value)} />
        <Select name="type" label={t("settings.provider.type")} value={type}
          onChange={(event) => setType(event.currentTarget.value === "oauth2" ? "oauth2" : "oidc")}>
          <option value="oidc">{t("settings.provider.type.oidc")}</option>
          <option value="oauth2">{t("settings.provider.type.oauth2")}</option>
        </Select>
        {type === "oidc"
          ? <Field key="issuer" name="issuer" label={t("settings.provider.issuer")}
              help={t("settings.provider.issuer.help")} {...url}
              defaultValue={provider?.issuer ?? ""} />
          : endpoints.map((one) => <Field key={one} name={one} label={t(`settings.provider.${one}`)} {...url}
              defaultValue={provider?.[one] ?? ""} />)}
        <Field name="client_id" label={t("settings.provider.client_id")} required maxLength={255} autocapitalize="none"
          spellcheck={false} autocomplete="off" defaultValue={provider?.client_id ?? ""} />
        <SecretField known={provider !== undefined} />
        <TextArea name="scopes" label={t("settings.provider.scopes")} help={t("settings.provider.scopes.help")} rows={2}
          spellcheck={false} autocapitalize="none"
          defaultValue={(provider?.scopes ?? ["openid", "email", "profile"]).join(" ")} />
        <div class="whole">
          <Copy label={t("settings.provider.redirect")} text={`${baseUrl}/auth/oauth/${id || "…"}/callback`} />
          <p class="help">{t("settings.provider.redirect.help")}</p>
        </div>
      </Form>
    </Dialog>);
}

// Unlike a person's password: browsers must neither fill nor keep it.
function SecretField({ known }: { known: boolean }) {
  const { id, error, attributes } = useField("client_secret", true);
  return (
    <Frame {...{ id, error, label: t("settings.provider.client_secret"), optional: true }}
      help={t(known ? "settings.provider.client_secret.keep" : "settings.provider.client_secret.help")}>
      <input type="password" {...attributes} autocomplete="off" data-1p-ignore data-lpignore="true" maxLength={1024}
        autocapitalize="none" spellcheck={false} />
    </Frame>);
}

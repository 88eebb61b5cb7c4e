// Accounts at providers with which somebody signs in here (SPEC O2).
import { useEffect, useState } from "preact/hooks";

import { asProblem, call, get, post, type Problem } from "../base/api";
import { date, t } from "../base/texts";
import type { Named, Page } from "../base/types";
import { confirm } from "../parts/dialog";
import { ProblemNotice, say } from "../parts/feedback";
import { focusHeading } from "../parts/focus";
import { Await, useLoad } from "../parts/load";
import { Section } from "../parts/shell";
import { When } from "../parts/when";
import type { Mine } from "./me";
import { hasPassword } from "./proof";
import { SetByMail } from "./security";

interface Identity {
  id: string;
  provider: string;
  name: string;
  subject: string;
  email: string | null;
  created_at: string;
  last_used_at: string | null;
}

const kept = "gatehouse.linking";
let expected: string | null = null;

// The provider sends people back to the page itself: true where they left for it from here.
export function cameFromLinking(): boolean {
  if (location.hash) return false;
  try {
    expected = sessionStorage.getItem(kept);
    sessionStorage.removeItem(kept);
  } catch {
    expected = null;  // storage is forbidden here
  }
  return expected !== null;
}

async function link(provider: string): Promise<void> {
  const { authorize_url } = await post<{ authorize_url: string }>(`/auth/oauth/${encodeURIComponent(provider)}/link`);
  try {
    sessionStorage.setItem(kept, provider);
  } catch {
    // Then they come back to their profile.
  }
  location.assign(authorize_url);
}

export function LinkedAccounts({ me, info }: Mine) {
  const { slug } = info.tenant;
  const providers = useLoad<{ items: Named[] }>(slug, () => get("/auth/oauth/providers", { tenant: slug }));
  const identities = useLoad<Page<Identity>>("", () => get("/auth/me/identities", { limit: 200 }));
  const [problem, setProblem] = useState<Problem | null>(null);
  const [leaving, setLeaving] = useState<string | null>(null);
  const linked = identities.data?.items ?? [];
  const offered = providers.data?.items ?? [];

  useEffect(() => {
    const found = linked.find(({ provider }) => provider === expected);
    if (!found) return;
    expected = null;
    say(t("account.linked.done", { provider: found.name }));
  }, [identities.data]);

  // Back from the provider by "back": the browser may show the page as it was left.
  useEffect(() => {
    const shown = () => setLeaving(null);
    addEventListener("pageshow", shown);
    return () => removeEventListener("pageshow", shown);
  }, []);

  const begin = async (provider: string) => {
    setProblem(null);
    setLeaving(provider);
    try {
      await link(provider);
    } catch (error) {
      setLeaving(null);
      setProblem(asProblem(error));
    }
  };
  const unlink = (identity: Identity) => confirm({
    title: t("account.linked.unlink_title", { provider: identity.name }),
    body: (
      <>
        <p>{t("account.linked.unlink_body", { provider: identity.name })}</p>
        {!hasPassword(me) && <p>{t("account.linked.last")} <SetByMail slug={slug} /></p>}
      </>),
    action: t("account.linked.unlink"),
    danger: true,
    run: async () => {
      await call("DELETE", `/auth/oauth/${encodeURIComponent(identity.provider)}`);
      identities.set({ items: linked.filter(({ id }) => id !== identity.id), next_cursor: null });
      say(t("account.linked.undone", { provider: identity.name }));
      focusHeading();
    },
  });

  // Nothing to link and nothing linked: most have no use for this.
  if (providers.data && identities.data && offered.length + linked.length === 0) return null;
  const rows = [...offered, ...linked.filter(({ provider }) => !offered.some(({ id }) => id === provider))
    .map(({ provider, name }) => ({ id: provider, name }))];
  return (
    <Section title={t("account.linked")} intro={t("account.linked.intro")}>
      {problem && <ProblemNotice problem={problem} />}
      <Await from={providers}>
        {() => (
          <Await from={identities}>
            {() => (
              <ul class="rows">
                {rows.map(({ id, name }) => {
                  const identity = linked.find(({ provider }) => provider === id);
                  return (
                    <li key={id}>
                      <div>
                        <strong>{name}</strong>
                        <span class="line quiet">
                          {identity ? <About identity={identity} /> : t("account.linked.not")}
                        </span>
                      </div>
                      {identity
                        ? (
                          <button type="button" class="button small" onClick={() => unlink(identity)}
                            aria-label={t("account.linked.unlink_title", { provider: name })}>
                            {t("account.linked.unlink")}
                          </button>)
                        : (
                          <button type="button" class="button small" aria-disabled={leaving !== null}
                            aria-label={t("account.linked.link_title", { provider: name })}
                            onClick={() => leaving === null && void begin(id)}>
                            {leaving === id && <span class="spinner" aria-hidden="true" />}{t("account.linked.link")}
                          </button>)}
                    </li>);
                })}
              </ul>)}
          </Await>)}
      </Await>
    </Section>);
}

const About = ({ identity }: { identity: Identity }) => (
  <>
    {identity.email && <>{identity.email} · </>}
    {identity.last_used_at
      ? <>{t("account.linked.used")} <When time={identity.last_used_at} /></>
      : t("account.linked.since", { date: date(identity.created_at) })}
  </>);

// How an attempt to sign in ended, in words (SPEC L4).
import { t, tryText } from "../base/texts";
import type { Attempt } from "../base/types";

// Half a sign-in is no failure: the password was right and the code was asked for.
const kindOf = ({ success, reason }: Attempt) =>
  success ? "good" : reason === "second_factor_required" ? "warn" : "bad";

const results = { good: "attempt.good", warn: "attempt.half", bad: "attempt.bad" } as const;

export const knownReason = (reason: string): string | undefined => tryText(`attempt.reason.${reason}`);

export function AttemptResult({ attempt }: { attempt: Attempt }) {
  const kind = kindOf(attempt);
  const { success, reason } = attempt;
  return (
    <div>
      <span class={`tag ${kind}`}>{t(results[kind])}</span>
      <span class="line help">
        {knownReason(reason) ?? (reason.startsWith("oauth") ? t("attempt.reason.oauth_other")
          : t(success ? "attempt.reason.other_good" : "attempt.reason.other"))}
      </span>
    </div>);
}

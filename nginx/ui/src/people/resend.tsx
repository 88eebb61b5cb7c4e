// Asks for the verification mail again, and says that it was asked for: the server's answer is the
// same for every address (SPEC L2).
import { useRef, useState } from "preact/hooks";

import { asProblem, post } from "../base/api";
import { chosenTenant } from "../base/session";
import { t } from "../base/texts";

export function Resend({ email }: { email: string }) {
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const again = async () => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setSaid("");
    const tenant = chosenTenant();
    try {
      await post("/auth/resend-verification", { ...(tenant && { tenant }), email });
      setSaid(t("resend.done"));
    } catch (error) {
      setSaid(asProblem(error).text);
    }
    running.current = false;
    setBusy(false);
  };
  return (
    <>
      <button type="button" class="link" aria-disabled={busy} onClick={() => void again()}>{t("resend.do")}</button>
      {" "}<span role="status">{said}</span>
    </>);
}

// Asks for the verification mail again, and says that it was asked for: the server's answer is the
// same for every address (SPEC L2).
import { useState } from "preact/hooks";

import { asProblem, post } from "../base/api";
import { chosenTenant } from "../base/session";
import { t } from "../base/texts";

export function Resend({ email }: { email: string }) {
  const [said, setSaid] = useState("");
  const again = async () => {
    const tenant = chosenTenant();
    try {
      await post("/auth/resend-verification", { ...(tenant && { tenant }), email });
      setSaid(t("resend.done"));
    } catch (error) {
      setSaid(asProblem(error).text);
    }
  };
  return said ? <span role="status">{said}</span>
    : <button type="button" class="link" onClick={() => void again()}>{t("resend.do")}</button>;
}

// Asks for the verification mail again, and says that it was asked for: the server's answer is the
// same for every address (SPEC L2).
import { useState } from "preact/hooks";

import { post } from "../base/api";
import { chosenTenant } from "../base/session";
import { t } from "../base/texts";
import { useAction } from "../parts/action";

export function Resend({ email }: { email: string }) {
  const [done, setDone] = useState(false);
  const { busy, problem, act } = useAction();
  const again = async () => {
    setDone(false);
    const tenant = chosenTenant();
    await post("/auth/resend-verification", { ...(tenant && { tenant }), email });
    setDone(true);
  };
  return (
    <>
      <button type="button" class="link" aria-disabled={busy} onClick={() => void act(again)}>{t("resend.do")}</button>
      {" "}<span role="status">{problem ? problem.text : done && t("resend.done")}</span>
    </>);
}

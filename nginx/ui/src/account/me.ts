// Who looks at this page, and what they may do here.
import { Problem } from "../base/api";
import { gateOf, here, whereAmI, whoAmI } from "../base/session";
import type { Info, Session, User } from "../base/types";

export interface Me {
  session: Session;
  user: User;
  // Absent from who `mustEnrol`.
  info: Info | null;
  // They have to set up their second factor before anything else (SPEC F4).
  mustEnrol: boolean;
}

// What a view of the account gets.
export interface Mine {
  me: Me;
  info: Info;
  // The page's own copy of the user, after a change that was made.
  change(user: Partial<User>): void;
}

// null where the visitor is on the way to another page.
export async function loadMe(): Promise<Me | null> {
  const who = await whoAmI();
  if (!who) return null;
  try {
    return { ...who, info: await whereAmI(), mustEnrol: false };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === "two_factor_enrolment_required") return { ...who, info: null, mustEnrol: true };
    const gate = gateOf(error, here());
    if (!gate) throw error;
    location.replace(gate);
    return null;
  }
}

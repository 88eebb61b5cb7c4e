// The pages of people who are not signed in yet, or must do something first (SPEC W1). One script for
// all of them: the file's data-page says which.
import "../style/all.css";
import "./base/fresh";
import type { ComponentType } from "preact";

import { begin } from "./parts/begin";
import { ChangePassword } from "./people/change_password";
import { Forgot } from "./people/forgot";
import { NotFound } from "./people/not_found";
import { Register } from "./people/register";
import { Reset } from "./people/reset";
import { SignIn } from "./people/sign_in";
import { Verify } from "./people/verify";

const views: Record<string, ComponentType> = {
  index: SignIn,
  "sign-in": SignIn,
  register: Register,
  verify: Verify,
  forgot: Forgot,
  reset: Reset,
  "change-password": ChangePassword,
  "not-found": NotFound,
};

const View = views[document.documentElement.dataset["page"] ?? "index"] ?? SignIn;
await begin("people", () => <View />);

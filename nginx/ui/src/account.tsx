// "My account" (SPEC W2): what people see and change of their own.
import "../style/all.css";
import "./base/fresh";
import "../style/account.css";

import { Account } from "./account/account";
import { begin } from "./parts/begin";

await begin("account", () => <Account />);

// "My account" (SPEC W2): what people see and change of their own.
import "../style/all.css";
import "./base/fresh";
import "../style/account.css";
import { render } from "preact";

import { Account } from "./account/account";
import { loadTexts } from "./base/texts";

await loadTexts("account");
const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(<Account />, page);
}

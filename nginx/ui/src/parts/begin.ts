// How a page begins: its texts, then what it shows. Until then the page's own file stands there, which
// says after a while that something does not come (page.html); at once where that is known.
import { render, type ComponentChild } from "preact";

import { loadTexts, type Script } from "../base/texts";

export async function begin(script: Script, draw: () => ComponentChild): Promise<void> {
  const page = document.getElementById("page");
  if (!page) return;
  try {
    await loadTexts(script);
  } catch {
    page.querySelector(".stuck")?.classList.add("now");
    // The link's own way loses the fragment.
    page.querySelector(".stuck a")?.addEventListener("click", (event) => {
      event.preventDefault();
      location.reload();
    });
    return;
  }
  page.replaceChildren();
  render(draw(), page);
}

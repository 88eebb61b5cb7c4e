// The page's own ways out that undo something first (signing out), or take no view along (another
// language): where something would be lost, they ask before, not the browser after.
import { t } from "../base/texts";
import { confirm } from "./question";

let agreed = false;
addEventListener("beforeunload", (event) => {
  if (agreed) event.stopImmediatePropagation();
}, { capture: true });

// Whoever would keep the browser from leaving says so here as well.
const wouldLose = (): boolean => !dispatchEvent(new Event("beforeunload", { cancelable: true }));

export function leaving(run: () => Promise<void> | void): void {
  if (!wouldLose()) {
    void run();
    return;
  }
  confirm({
    title: t("admin.leave_title"),
    body: t("admin.leave_body"),
    action: t("admin.leave_do"),
    danger: true,
    run: async () => {
      agreed = true;
      await run();
    },
  });
}

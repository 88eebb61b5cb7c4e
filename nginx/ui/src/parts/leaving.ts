// The page's own ways out that undo something first (signing out), or take no view along (another
// language): where something would be lost, they ask before, not the browser after.
import { askToLose } from "./unsaved";

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
  askToLose(async () => {
    agreed = true;
    await run();
  });
}

// What "Undo" of a message does, and says once it is done.
import { t } from "../base/texts";
import { say } from "../parts/feedback";

export const undoing = (run: () => Promise<unknown>) => async (): Promise<void> => {
  await run();
  say(t("admin.undone"));
};

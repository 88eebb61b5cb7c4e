// What "Undo" of a message does: says that it is undone, or why not.
import { asProblem } from "../base/api";
import { t } from "../base/texts";
import { say } from "../parts/feedback";

export const undoing = (run: () => Promise<unknown>) => async (): Promise<void> => {
  try {
    await run();
    say(t("admin.undone"));
  } catch (error) {
    say(asProblem(error).text);
  }
};

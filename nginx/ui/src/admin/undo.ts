// What "Undo" of a message does: says that it is undone, or why not; or leads to what
// has to be done first.
import { asProblem } from "../base/api";
import { gateOf } from "../base/session";
import { t } from "../base/texts";
import { say } from "../parts/feedback";

export const undoing = (run: () => Promise<unknown>) => async (): Promise<void> => {
  try {
    await run();
    say(t("admin.undone"));
  } catch (error) {
    const problem = asProblem(error);
    const gate = gateOf(problem);
    if (gate) location.assign(gate);
    else say(problem.text);
  }
};

// A form that somebody would lose: leaving the view or the page asks first.
import { useEffect, useRef, useState } from "preact/hooks";

import { go, keepers, type Keeper } from "../base/route";
import { t } from "../base/texts";
import { confirm } from "../parts/dialog";

// Which of the browser's entries this is. Where it does not tell, their number: a link adds one, "back"
// none.
const standing = (): number => (window as { navigation?: { currentEntry: { index: number } | null } })
  .navigation?.currentEntry?.index ?? history.length;

// `dirty`: there is something to lose. The answer says "from here on it may be left", for the form's own
// way out.
export function useUnsaved(dirty: boolean): (freely: boolean) => void {
  const state = useRef({ dirty, free: false });
  state.current.dirty = dirty;
  useEffect(() => {
    const here = location.hash;
    let stood = standing();
    const atRisk = () => state.current.dirty && !state.current.free;
    const unload = (event: BeforeUnloadEvent) => { if (atRisk()) event.preventDefault(); };
    // A link, "back", another tenant: the view stays until there is an answer.
    const keep: Keeper = (target) => {
      if (!atRisk() || target === here) return false;
      // After "back" this entry is an earlier one, which has to stay what it is; after a link it is ours.
      const moved = standing() - stood;
      if (moved > 0) history.replaceState(null, "", here);
      else history.pushState(null, "", here);
      stood = standing();
      confirm({
        title: t("admin.leave_title"),
        body: t("admin.leave_body"),
        action: t("admin.leave_do"),
        danger: true,
        run: async () => {
          state.current.free = true;
          if (moved < 0) history.back();
          else go(target);
        },
      });
      return true;
    };
    addEventListener("beforeunload", unload);
    keepers.add(keep);
    return () => {
      removeEventListener("beforeunload", unload);
      keepers.delete(keep);
    };
  }, []);
  return (freely) => { state.current.free = freely; };
}

// The same for a form that keeps its fields itself, while it is `open`: typing into it is what there is to
// lose. The answer is its submit, after which it may be left.
export function useTyped(open = true) {
  const [typed, setTyped] = useState(false);
  const leaveFreely = useUnsaved(open && typed);
  useEffect(() => {
    setTyped(false);
    if (!open) return;
    const listener = ({ target }: Event) => {
      if (!(target instanceof Element) || !target.closest("main form.form") || target.closest("dialog")) return;
      leaveFreely(false);
      setTyped(true);
    };
    addEventListener("input", listener);
    return () => removeEventListener("input", listener);
  }, [open]);
  return <T extends unknown[]>(submit: (...values: T) => Promise<void>) => async (...values: T): Promise<void> => {
    leaveFreely(true);
    try {
      await submit(...values);
    } catch (error) {
      leaveFreely(false);
      throw error;
    }
    setTyped(false);
  };
}

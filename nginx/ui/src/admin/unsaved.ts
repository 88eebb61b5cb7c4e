// A form that somebody would lose: leaving the view or the page asks first.
import { useEffect, useRef } from "preact/hooks";

import { go, keepers, type Keeper } from "../base/route";
import { t } from "../base/texts";
import { confirm } from "../parts/dialog";

// `dirty`: there is something to lose. The answer says "from here on it may be left", for the form's own
// way out.
export function useUnsaved(dirty: boolean): (freely: boolean) => void {
  const state = useRef({ dirty, free: false });
  state.current.dirty = dirty;
  useEffect(() => {
    const here = location.hash;
    const atRisk = () => state.current.dirty && !state.current.free;
    const unload = (event: BeforeUnloadEvent) => { if (atRisk()) event.preventDefault(); };
    // A link, "back", another tenant: the view stays until there is an answer.
    const keep: Keeper = (target) => {
      if (!atRisk() || target === here) return false;
      history.replaceState(null, "", here);
      confirm({
        title: t("admin.leave_title"),
        body: t("admin.leave_body"),
        action: t("admin.leave_do"),
        danger: true,
        run: async () => {
          state.current.free = true;
          go(target);
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

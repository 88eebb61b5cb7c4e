// A form that somebody would lose: leaving the page asks first.
import { useEffect, useRef } from "preact/hooks";

import { t } from "../base/texts";
import { confirm } from "../parts/dialog";

// `dirty`: there is something to lose. The answer says "from here on it may be left", for the form's own
// way out.
export function useUnsaved(dirty: boolean): (freely: boolean) => void {
  const state = useRef({ dirty, free: false });
  state.current.dirty = dirty;
  useEffect(() => {
    const atRisk = () => state.current.dirty && !state.current.free;
    const unload = (event: BeforeUnloadEvent) => { if (atRisk()) event.preventDefault(); };
    // A link to another view: asked before it is followed.
    const click = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href^='#/']") : null;
      if (!link || !atRisk() || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      event.stopPropagation();
      confirm({
        title: t("admin.leave_title"),
        body: t("admin.leave_body"),
        action: t("admin.leave_do"),
        danger: true,
        run: async () => {
          state.current.free = true;
          location.hash = link.hash;
        },
      });
    };
    addEventListener("beforeunload", unload);
    document.addEventListener("click", click, true);
    return () => {
      removeEventListener("beforeunload", unload);
      document.removeEventListener("click", click, true);
    };
  }, []);
  return (freely) => { state.current.free = freely; };
}

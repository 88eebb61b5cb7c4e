// What a view of the administration holds that is not saved, and is no form: leaving it asks first.
import { useRef } from "preact/hooks";

import { useUnsaved as useGuard } from "../parts/unsaved";

// `dirty`: there is something to lose. The answer says "from here on it may be left", for the view's own
// way out.
export function useUnsaved(dirty: boolean): (freely: boolean) => void {
  const state = useRef({ dirty, free: false });
  state.current.dirty = dirty;
  useGuard(true, () => document.querySelector("main"), () => state.current.dirty && !state.current.free);
  return (freely) => { state.current.free = freely; };
}

// What somebody would lose: leaving the view, the page or the dialog that it is in asks first.
import { useEffect, useRef } from "preact/hooks";

import { go, keepers, putBack, type Keeper } from "../base/route";
import { t } from "../base/texts";
import { confirm } from "./question";

interface Guard { place(): Node | null; lost(): boolean }

const guards = new Set<Guard>();

// Asks whether what would be lost may be.
export const askToLose = (run: () => Promise<void>): void => confirm({
  title: t("admin.leave_title"), body: t("admin.leave_body"), action: t("admin.leave_do"), danger: true, run });

// Ends what is in `place`, a dialog, unless there is something to lose and somebody rather stays.
export function closing(place: Node | null, close: () => void): void {
  const lost = [...guards].some((guard) => place?.contains(guard.place()) && guard.lost());
  if (lost) askToLose(async () => close());
  else close();
}

// `lost`: there is something to lose; `place` is what it is in. Only while `active`.
export function useUnsaved(active: boolean, place: () => Node | null, lost: () => boolean): void {
  const guard = useRef<Guard>({ place, lost });
  guard.current.place = place;
  guard.current.lost = lost;
  useEffect(() => {
    if (!active) return;
    const mine = guard.current;
    const here = location.hash;
    let free = false;
    const atRisk = () => !free && mine.lost();
    const unload = (event: BeforeUnloadEvent) => { if (atRisk()) event.preventDefault(); };
    // A link, "back", another tenant: the view stays until there is an answer.
    const keep: Keeper = (target) => {
      if (target === here || !atRisk()) return false;
      const before = putBack(here);
      askToLose(async () => {
        free = true;
        if (before) history.back();
        else go(target);
      });
      return true;
    };
    guards.add(mine);
    keepers.add(keep);
    addEventListener("beforeunload", unload);
    return () => {
      guards.delete(mine);
      keepers.delete(keep);
      removeEventListener("beforeunload", unload);
    };
  }, [active]);
}

// What a button runs: not twice at once, and its failure kept to be shown.
import { useRef, useState } from "preact/hooks";

import { asProblem, type Problem } from "../base/api";

export function useAction() {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);  // as busy, but at once: two presses may come before the next drawing
  const [problem, setProblem] = useState<Problem | null>(null);
  const act = async (run: () => Promise<void> | void): Promise<void> => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await run();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { busy, problem, act };
}

// A value that has stopped changing for a while: what somebody types, before it is looked for.
import { useEffect, useState } from "preact/hooks";

export function useDebounced(value: string, milliseconds = 300): string {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}

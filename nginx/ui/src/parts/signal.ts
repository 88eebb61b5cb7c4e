// A value outside of any component, whose users are drawn anew when it changes.
import { useEffect, useState } from "preact/hooks";

export function signal<T>(value: T) {
  const users = new Set<(value: T) => void>();
  const self = {
    value,
    set(next: T) {
      self.value = next;
      users.forEach((tell) => tell(next));
    },
    use(): T {
      const [current, tell] = useState(self.value);
      useEffect(() => {
        const listener = (next: T) => tell(() => next);
        users.add(listener);
        listener(self.value);
        return () => { users.delete(listener); };
      }, []);
      return current;
    },
  };
  return self;
}

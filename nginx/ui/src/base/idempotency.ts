// A key for what must not be made twice (API.md "Idempotency-Key"). It stays the same while the same is
// sent again, after an answer that got lost; another body is another thing.
import { useRef } from "preact/hooks";

export function useIdempotency(): (body: unknown) => Record<string, string> {
  const last = useRef({ body: "", key: "" });
  return (body) => {
    const text = JSON.stringify(body);
    if (text !== last.current.body) last.current = { body: text, key: crypto.randomUUID() };
    return { "Idempotency-Key": last.current.key };
  };
}

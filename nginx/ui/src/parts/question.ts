// A question before something that hurts: what asks it, and what the Confirmation of a page shows.
import type { ComponentChildren } from "preact";

import { signal } from "./signal";

export interface Question {
  title: string;
  body: ComponentChildren;
  // On the button that does it.
  action: string;
  danger?: boolean;
  // What is done; its failure stands in the dialog.
  run(): Promise<void>;
}

export const question = signal<Question | null>(null);

// Asks, and then does it.
export const confirm = (asked: Question): void => question.set(asked);

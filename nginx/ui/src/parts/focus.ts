// Where focus goes when an action took away what had it. Not at once: a dialog that closes gives focus
// back to what opened it, which may be there still.
export function refocus(find: () => HTMLElement | null | undefined): void {
  setTimeout(() => {
    const here = document.activeElement;
    if (!here || here === document.body) find()?.focus();
  }, 50);
}

// To the view's name.
export const focusHeading = (): void => refocus(() => document.querySelector<HTMLElement>("h1"));

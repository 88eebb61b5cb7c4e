// Where focus goes when an action took away what had it: to the view's name. Not at once: a dialog that
// closes gives focus back to what opened it, which may be there still.
export function focusHeading(): void {
  setTimeout(() => {
    const here = document.activeElement;
    if (!here || here === document.body) document.querySelector<HTMLElement>("h1")?.focus();
  }, 50);
}

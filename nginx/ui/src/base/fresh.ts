// A page that "back" brings out of the browser's memory holds what was typed and shown before, for
// whoever sits there now: it is loaded anew.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// X-Auth-Name is percent-encoded where it is not ASCII (API.md). Set as text, never as markup.
for (const element of document.querySelectorAll("[data-decode]")) {
  try {
    element.textContent = decodeURIComponent(element.textContent);
  } catch {
    // Not an encoding after all: leave it as it came.
  }
}

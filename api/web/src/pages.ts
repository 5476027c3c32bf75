// The few things that our plain pages do by script: print, and nothing else that a link or a form can do.
for (const one of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
  one.hidden = false;
  one.addEventListener("click", () => window.print());
}

// The few things that our pages do by script, each of which a form or a link does without it too.
const root = document.documentElement;

for (const one of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
  one.hidden = false;
  one.addEventListener("click", () => window.print());
}

// --- forms: sent once, and what goes on is said ----------------------------------------------------------------------

const WORKING = { th: "กำลังทำ รอสักครู่…", en: "Working, one moment…" };
const SOON = 400; // milliseconds: what is done before is not worth a word
const undone: (() => void)[] = [];

function underway(form: HTMLFormElement, pressed: HTMLElement | null): void {
  const words = pressed?.dataset["busy"] ?? WORKING[root.lang === "en" ? "en" : "th"];
  const told = document.createElement("p");
  told.className = "underway";
  told.setAttribute("role", "status");
  (pressed?.closest(".actions") ?? pressed ?? form).after(told);
  pressed?.setAttribute("aria-disabled", "true");
  const timer = window.setTimeout(() => {
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", words);
    told.append(words, " ", bar);
  }, SOON);
  undone.push(() => {
    window.clearTimeout(timer);
    told.remove();
    pressed?.removeAttribute("aria-disabled");
    delete form.dataset["sent"];
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.method !== "post" || form.dataset["ownProgress"] !== undefined) return;
  if (form.dataset["sent"] !== undefined) {
    event.preventDefault();
    return;
  }
  form.dataset["sent"] = "";
  underway(form, event.submitter);
});

// Back from the page after it, the browser may show this one as it was left.
window.addEventListener("pageshow", (event) => {
  for (const undo of undone.splice(0)) undo();
  const chosen = /(?:^|; )atlas_language=(th|en)/.exec(document.cookie)?.[1];
  if (event.persisted && chosen && chosen !== root.lang && !location.search.includes("lang=")) location.reload();
});

// --- what is wrong is where the reader is led ------------------------------------------------------------------------

document.querySelector<HTMLElement>("[data-summary]")?.focus();

// --- what is wider than the screen can be scrolled by keyboard, and is named -----------------------------------------

function reachable(): void {
  for (const [at, box] of document.querySelectorAll<HTMLElement>(".scroll").entries()) {
    const overflows = box.scrollWidth > box.clientWidth;
    box.toggleAttribute("tabindex", false);
    box.removeAttribute("role");
    if (!overflows) continue;
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", root.lang === "en" ? `Table ${at + 1}, wider than the screen` : `ตารางที่ ${at + 1} เลื่อนดูด้านข้างได้`);
  }
}
reachable();
window.addEventListener("resize", reachable);

// --- a map on paper has the size that it has on the screen, and is made to fit ---------------------------------------

const PAPER = 980; // CSS pixels across a sheet of A4 on its side, within the margins
const map = document.querySelector<HTMLElement>(".map-page main");
if (map) {
  window.addEventListener("beforeprint", () => {
    const { width, height } = map.getBoundingClientRect();
    root.style.setProperty("--map-width", `${width}px`);
    root.style.setProperty("--map-height", `${height}px`);
    root.style.setProperty("--map-zoom", String(Math.min(1, PAPER / width, 620 / height)));
  });
}

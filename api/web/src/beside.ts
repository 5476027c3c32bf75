// What the map shares with the pages beside it: the language that a person chose, and whether it stands within a page.
import type { Language } from "./config";

const YEAR = 365 * 86400;

// A map within a page of ours has that page's head; the class is there before anything of the body is drawn.
if (window.top !== window) document.documentElement.classList.add("framed");

/** Remember the language for every page, as their own switch does (`api/routes/language.py`). */
export function remember(language: Language, base: string): void {
  // In a notebook the page is another server's, and its cookies are none of ours.
  if (base !== "" || !location.protocol.startsWith("http")) return;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `atlas_language=${language}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
  const here = new URL(location.href);
  if (!here.searchParams.has("lang")) return;
  // The address would hold against what was chosen when the page is loaded again.
  here.searchParams.delete("lang");
  history.replaceState(history.state, "", here);
}

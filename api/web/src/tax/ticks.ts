// One box that ticks all of a table's, and a count of what is ticked beside the buttons.
import { say } from "./said";

/** The boxes of a form that have `data-tick`, and the one of `data-all` above them. */
export function ticks(form: HTMLFormElement): void {
  const every = [...form.querySelectorAll<HTMLInputElement>("input[data-tick]")];
  const all = form.querySelector<HTMLInputElement>("[data-all]");
  const count = form.querySelector<HTMLElement>("[data-count]");
  const tell = (): void => {
    const ticked = every.filter((one) => one.checked).length;
    if (count) count.textContent = ticked ? say(`เลือกไว้ ${ticked} รายการ`, `${ticked} chosen`) : "";
    if (all) {
      all.checked = ticked > 0 && ticked === every.length;
      all.indeterminate = ticked > 0 && ticked < every.length;
    }
  };
  if (all) {
    const label = all.closest<HTMLElement>("[hidden]");
    if (label) label.hidden = false;
    all.addEventListener("change", () => {
      for (const one of every) one.checked = all.checked;
      tell();
    });
  }
  form.addEventListener("change", tell);
  tell();
}

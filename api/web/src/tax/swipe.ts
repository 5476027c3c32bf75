// Parcels before and after under a slider: what is left of it is the town's map as it is, what is right of it the file.
import { make } from "../dom";
import { drawn, type MapWords } from "../small_map";
import { say, shapes, told } from "./said";

interface Words {
  number: number;
  side: "before" | "after";
  kind: string;
  color: string;
  th: string;
  en: string;
  page: string;
}

const MOST = 2000;
const STEP = 2; // percent, with the arrow keys

/** The map of `data-swipe`, over the slider that stands in the same box. */
export function swipe(box: HTMLElement): void {
  box.hidden = false;
  const map = drawn(box.querySelector<HTMLElement>("[data-area]")!, JSON.parse(box.dataset["swipe"]!) as MapWords);
  const slider = box.querySelector<HTMLInputElement>("input[type=range]")!;
  const said = box.querySelector<HTMLElement>("[data-said]")!;
  const line = box.querySelector<HTMLElement>("[data-line]")!;
  slider.step = String(STEP);
  const sides = (["before", "after"] as const).map((side) => {
    const pane = map.createPane(side);
    pane.style.zIndex = "450";
    return { side, pane, renderer: L.svg({ pane: side, padding: 0.5 }) };
  });

  const cut = (): void => {
    const size = map.getSize();
    const at = (size.x * Number(slider.value)) / 100;
    const corner = map.containerPointToLayerPoint([0, 0]);
    const [left, top] = [corner.x, corner.y];
    for (const { side, pane } of sides) {
      const [from, to] = side === "before" ? [left, left + at] : [left + at, left + size.x];
      pane.style.clipPath = `polygon(${from}px ${top}px, ${to}px ${top}px, ${to}px ${top + size.y}px, ${from}px ${top + size.y}px)`;
    }
    line.style.left = `${at}px`;
  };
  slider.addEventListener("input", cut);
  map.on("move zoom resize viewreset", cut);

  let drawnOnes: L.GeoJSON[] = [];
  let asked = 0;
  const bring = async (): Promise<void> => {
    const mine = ++asked;
    const bounds = map.getBounds();
    const address = new URL(box.dataset["changes"]!, location.href);
    address.searchParams.set("bbox", bounds.toBBoxString());
    address.searchParams.set("limit", String(MOST));
    const found = await shapes(address.href);
    if (mine !== asked) return;
    if (!found) {
      said.textContent = say("เปิดการเปลี่ยนแปลงไม่ได้ ลองเลื่อนแผนที่", "The changes cannot be fetched; move the map to try again");
      return;
    }
    for (const one of drawnOnes) one.remove();
    drawnOnes = sides.map(({ side, renderer }) =>
      L.geoJSON(found, {
        filter: (feature) => (feature.properties as Words).side === side,
        // Leaflet takes a renderer for each path, which its types leave out here.
        style: (feature) => ({ renderer, color: "#1d2b36", weight: 2, fillColor: (feature?.properties as Words).color, fillOpacity: 0.72 }) as L.PathOptions,
        onEachFeature: (feature, layer) => layer.bindPopup(() => card(feature.properties as Words)),
      }).addTo(map),
    );
    const numbers = new Set(found.features.map((one) => (one.properties as Words).number));
    const more = (found as { numberMatched?: number }).numberMatched ?? numbers.size;
    said.textContent =
      more > numbers.size
        ? say(`แสดง ${numbers.size.toLocaleString("en-US")} จาก ${more.toLocaleString("en-US")} รายการในภาพ ขยายเพื่อดูทั้งหมด`, `${numbers.size.toLocaleString("en-US")} of ${more.toLocaleString("en-US")} changes in view; zoom in to see all`)
        : say(`${numbers.size.toLocaleString("en-US")} รายการในภาพ`, `${numbers.size.toLocaleString("en-US")} changes in view`);
    cut();
  };
  map.on("moveend", () => void bring());
  for (const one of document.querySelectorAll<HTMLButtonElement>("[data-look]")) {
    one.hidden = false;
    one.addEventListener("click", () => {
      const [west, south, east, north] = JSON.parse(one.dataset["look"]!) as [number, number, number, number];
      map.fitBounds([[south, west], [north, east]], { maxZoom: 20, padding: [60, 60], animate: false });
      box.scrollIntoView({ block: "nearest" });
    });
  }
  cut();
  void bring();
}

function card(words: Words): HTMLElement {
  const side = words.side === "before" ? say("ก่อน", "Before") : say("หลัง", "After");
  return make("div", {}, make("b", {}, `${side} · ${told(words)}`), make("br"), make("a", { href: words.page }, say("ดูในตาราง", "See it in the table")));
}

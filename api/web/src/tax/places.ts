// The places of a finding, on the town's own map: fetched when somebody asks for them, and brought into sight.
import { make } from "../dom";
import { drawn, type MapWords } from "../small_map";
import { say, shapes, told } from "./said";

const COLOURS: Record<string, string> = { error: "#b3261e", warning: "#a05a00", note: "#00527f" };

interface Words {
  level: string;
  th: string;
  en: string;
}

/** A map for the buttons of the page that name an address of places (`data-show`). */
export function places(box: HTMLElement): void {
  box.hidden = false;
  const words = JSON.parse(box.dataset["places"]!) as MapWords;
  const area = box.querySelector<HTMLElement>("[data-area]")!;
  const said = box.querySelector<HTMLElement>("[data-said]")!;
  const map = drawn(area, words);
  let shown: L.GeoJSON | null = null;

  const show = async (address: string, name: string): Promise<void> => {
    said.textContent = say("กำลังเปิดตำแหน่ง…", "Fetching the places…");
    const found = await shapes(address);
    if (!found) {
      said.textContent = say("เปิดตำแหน่งไม่ได้ ลองอีกครั้ง", "The places cannot be fetched; try again");
      return;
    }
    shown?.remove();
    shown = L.geoJSON(found, {
      pointToLayer: (_, at) => L.circleMarker(at, { radius: 8 }),
      style: (feature) => ({ color: COLOURS[(feature?.properties as Words).level] ?? "#b3261e", weight: 3, fillOpacity: 0.35 }),
      onEachFeature: (feature, layer) => layer.bindPopup(() => make("div", {}, told(feature.properties as Words))),
    }).addTo(map);
    const bounds = shown.getBounds();
    if (bounds.isValid()) map.fitBounds(bounds, { maxZoom: 19, padding: [30, 30], animate: false });
    const count = found.features.length.toLocaleString("en-US");
    said.textContent = `${name}: ${count} ${say("ตำแหน่งบนแผนที่", count === "1" ? "place on the map" : "places on the map")}`;
    box.scrollIntoView({ block: "nearest" });
  };

  for (const one of document.querySelectorAll<HTMLButtonElement>("[data-show]")) {
    one.hidden = false;
    one.addEventListener("click", () => void show(one.dataset["show"]!, one.dataset["name"] ?? ""));
  }
}

// The small map of the citizens' form: the place is under the cross-hair, and is taken only when somebody says so.
import { drawn, type MapWords } from "./small_map";

type Say = (th: string, en: string) => string;

/** Show the map, and fill the form's coordinates from it. */
export function placeChooser(form: HTMLFormElement, box: HTMLElement, words: MapWords, say: Say): void {
  const field = (name: string): HTMLInputElement => form.querySelector<HTMLInputElement>(`[name=${name}]`)!;
  const [lat, lon, accuracy] = [field("lat"), field("lon"), field("accuracy")];
  const chosen = box.querySelector<HTMLElement>("[data-chosen]")!;
  const none = box.querySelector<HTMLButtonElement>("[data-none]")!;
  box.hidden = false;
  const map = drawn(box.querySelector<HTMLElement>("[data-area]")!, words);
  let circle: L.Circle | null = null;
  let byHand = false;

  const told = (text: string): void => {
    chosen.textContent = text;
  };
  const take = (at: L.LatLng, metres: number | null): void => {
    lat.value = at.lat.toFixed(6);
    lon.value = at.lng.toFixed(6);
    accuracy.value = metres === null ? "" : String(Math.round(metres));
    circle?.remove();
    circle = metres === null ? null : L.circle(at, { radius: metres, color: "#1b5e37", weight: 2, fillOpacity: 0.12, interactive: false }).addTo(map);
    box.classList.add("is-chosen");
    none.hidden = false;
    const where = `${lat.value}, ${lon.value}`;
    told(metres === null ? `${say("เลือกจุดแล้ว", "Place chosen")} ✓ ${where}` : `${say("เลือกจุดที่ท่านยืนแล้ว", "The place where you stand")} ✓ ${where} (±${Math.round(metres).toLocaleString("en-US")} ${say("เมตร", "m")})`);
    form.dispatchEvent(new Event("input"));
  };
  const drop = (): void => {
    lat.value = lon.value = accuracy.value = "";
    circle?.remove();
    circle = null;
    box.classList.remove("is-chosen");
    none.hidden = true;
    told(say("ยังไม่ได้เลือกจุด", "No place chosen yet"));
    form.dispatchEvent(new Event("input"));
  };

  map.on("dragstart", () => (byHand = true));
  map.getContainer().addEventListener("keydown", (event) => (byHand ||= event.key.startsWith("Arrow")));
  map.on("moveend", () => {
    if (!byHand) return;
    byHand = false;
    take(map.getCenter(), null);
  });
  box.querySelector("[data-here]")!.addEventListener("click", () => take(map.getCenter(), null));
  none.addEventListener("click", drop);
  const gps = box.querySelector<HTMLButtonElement>("[data-gps]")!;
  gps.addEventListener("click", () => {
    told(say("กำลังหาตำแหน่ง", "Finding where you are"));
    standing().then(
      (found) => {
        const at = L.latLng(found.coords.latitude, found.coords.longitude);
        map.setView(at, 18, { animate: false });
        take(at, found.coords.accuracy);
      },
      (why: GeolocationPositionError | null) => told(away(why, say)),
    );
  });
  const place = form.querySelector<HTMLSelectElement>("#place");
  place?.addEventListener("change", () => void shown(map, place.value));
  for (const one of [lat, lon]) one.addEventListener("change", () => (accuracy.value = ""));

  const [y, x] = [Number(lat.value), Number(lon.value)];
  if (lat.value && lon.value && Number.isFinite(y) && Number.isFinite(x) && Math.abs(y) <= 90 && Math.abs(x) <= 180) {
    map.setView([y, x], 18, { animate: false });
    take(L.latLng(y, x), Number(accuracy.value) || null);
  } else told(say("ยังไม่ได้เลือกจุด", "No place chosen yet"));
}

function standing(): Promise<GeolocationPosition> {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) reject(null);
    else navigator.geolocation.getCurrentPosition(resolve, reject, { enableHighAccuracy: true, timeout: 20_000, maximumAge: 30_000 });
  });
}

function away(why: GeolocationPositionError | null, say: Say): string {
  return why?.code === 1
    ? say("เครื่องไม่อนุญาตให้ใช้ตำแหน่ง เลื่อนแผนที่หรือเลือกชุมชนแทนได้", "This device does not allow it: move the map, or choose the community")
    : say("หาตำแหน่งไม่ได้ เลื่อนแผนที่หรือเลือกชุมชนแทนได้", "Your place cannot be found: move the map, or choose the community");
}

async function shown(map: L.Map, id: string): Promise<void> {
  if (!/^\d+$/.test(id)) return;
  const answer = await fetch(`/collections/community/items/${id}`, { headers: { Accept: "application/geo+json" } }).catch(() => null);
  if (!answer?.ok) return;
  const bounds = L.geoJSON(await answer.json()).getBounds();
  if (bounds.isValid()) map.fitBounds(bounds, { animate: false, maxZoom: 18 });
}

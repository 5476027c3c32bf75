// Classes that no tile carries: asked for by rectangle where one looks closely, kept by nobody but this page.
import type { LayerConfig, Theme } from "./config";

/** How a question was answered: told, too many lots at once, not for this asker, or not at all. */
export type Answer = "told" | "many" | "refused" | "away";

/** The class of what nobody has asked about yet: no line of the legend, and drawn in the layer's own colour. */
const UNASKED = "?";

// Asked for a little more than is seen, so that pushing the map about does not read the same lots again and again.
const AROUND = 0.15;

export class Bands {
  private known = new Map<number, string>();
  private asked: L.LatLngBounds[] = [];
  private tooLarge: L.LatLngBounds | null = null;
  /** Nothing is told of the past. */
  isPast = false;

  constructor(
    private readonly base: string,
    private readonly layer: LayerConfig,
    readonly theme: Theme,
  ) {}

  /** The class of a feature: "" where it has no value, another one for what nobody asked about. */
  of(id: number): string {
    return this.isPast ? UNASKED : (this.known.get(id) ?? UNASKED);
  }

  /** Learn what lies in the view; null where that was known already, or is too far out to be asked. */
  async learn(view: L.LatLngBounds, zoom: number): Promise<Answer | null> {
    if (this.isPast || zoom < (this.theme.apartFrom ?? 0) || this.asked.some((one) => one.contains(view))) return null;
    if (this.tooLarge && view.contains(this.tooLarge)) return null;
    const box = view.pad(AROUND);
    const asked = `layer=${encodeURIComponent(this.layer.id)}&theme=${encodeURIComponent(this.theme.id)}&bbox=${box.toBBoxString()}`;
    const answer = await fetch(`${this.base}/map/bands?${asked}`).catch(() => null);
    if (!answer || answer.status >= 500) return "away";
    if (!answer.ok) return "refused";
    const told = (await answer.json()) as { more: boolean; bands: { key: string; ids: number[] }[] };
    if (told.more) {
      this.tooLarge = view;
      return "many";
    }
    for (const { key, ids } of told.bands) for (const id of ids) this.known.set(id, key);
    this.asked.push(box);
    return "told";
  }
}

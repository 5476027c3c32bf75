// Tiles that were fetched, so that panning back, switching a layer or zooming past the last tiles asks for nothing again.
import { decoded, type Decoded, type Feature } from "./decode";

/** Beyond this zoom the tiles of this zoom are drawn larger: 4096 units of z17 are 7 cm each. */
export const DEEPEST = 17;
const KEPT = 400;

export interface Place {
  z: number;
  x: number;
  y: number;
}

interface Square {
  parts: Decoded;
  asked: Map<string, Promise<void>>;
  stops: Set<AbortController>;
  failed: Set<string>;
  /** Layers whose features are to be fetched anew; the old ones are drawn until then. */
  stale: Set<string>;
  /** How often each layer was outdated here. */
  turns: Map<string, number>;
}

export class TileStore {
  private readonly squares = new Map<string, Square>();
  failures = 0;
  underway = 0;
  /** The instant that tiles are asked for; null is the present. What was fetched for one is never shown for another. */
  moment: string | null = null;
  /** By layer the themes whose columns its tiles are asked to carry. */
  private readonly themes = new Map<string, readonly string[]>();

  constructor(
    private readonly base: string,
    private readonly told: () => void,
  ) {}

  /** The layers of one tile; what is missing is fetched in one request. */
  async wanted(place: Place, ids: readonly string[], stillWanted: () => boolean): Promise<Decoded> {
    const square = this.square(place);
    // Again when somebody who left the tile stopped the request that this one was waiting for too.
    const lacks = (id: string) => (!square.parts.has(id) || square.stale.has(id)) && !square.failed.has(id);
    while (stillWanted() && ids.some(lacks)) {
      const missing = ids.filter((id) => !square.asked.has(id));
      if (missing.length > 0) {
        const coming = this.fetched(place, missing, square);
        for (const id of missing) square.asked.set(id, coming);
      }
      await Promise.all(ids.map((id) => square.asked.get(id)));
    }
    return square.parts;
  }

  /** What has arrived of one layer in one tile. */
  at(place: Place, id: string): readonly Feature[] {
    return this.squares.get(this.key(place))?.parts.get(id) ?? [];
  }

  /** Stop what is still under way for a tile that nobody looks at any more. */
  leave(place: Place): void {
    const square = this.squares.get(this.key(place));
    square?.stops.forEach((stop) => stop.abort());
  }

  /** Have these layers fetched anew wherever they are wanted next: somebody changed them. */
  outdate(ids: readonly string[]): void {
    for (const square of this.squares.values()) {
      for (const id of ids) {
        if (!square.asked.delete(id)) continue;
        square.turns.set(id, (square.turns.get(id) ?? 0) + 1);
        square.stale.add(id);
        square.failed.delete(id);
      }
    }
  }

  /** Have a layer's tiles carry the columns of these themes from now on; tiles that lack one are fetched anew. */
  carry(id: string, themes: readonly string[]): void {
    const had = this.themes.get(id) ?? [];
    this.themes.set(id, themes);
    // Tiles that carry more than is asked for now stay as they are, and bring it again when it is wanted again.
    if (themes.some((theme) => !had.includes(theme))) this.outdate([id]);
  }

  /** Forget the failures, so that they are asked for again. */
  again(): void {
    for (const square of this.squares.values()) {
      square.failed.forEach((id) => square.asked.delete(id));
      square.failed.clear();
    }
    this.failures = 0;
    this.told();
  }

  /** What an address of tiles says beside its layers: the instant, and what is to be carried. */
  private asked(ids: readonly string[]): string {
    const themes = [...new Set(ids.flatMap((id) => this.themes.get(id) ?? []))];
    const parts = this.moment ? [`datetime=${encodeURIComponent(this.moment)}`] : [];
    if (themes.length > 0) parts.push(`theme=${themes.join(",")}`);
    return parts.length > 0 ? `?${parts.join("&")}` : "";
  }

  private key(place: Place): string {
    return `${this.moment ?? ""}/${place.z}/${place.x}/${place.y}`;
  }

  private square(place: Place): Square {
    const name = this.key(place);
    const known = this.squares.get(name);
    const square = known ?? none();
    // Last used stands last, so that the first is the one to forget.
    this.squares.delete(name);
    this.squares.set(name, square);
    for (const [oldest, one] of this.squares) {
      if (this.squares.size <= KEPT) break;
      if (one.stops.size === 0) this.squares.delete(oldest);
      else break;
    }
    return square;
  }

  private async fetched(place: Place, ids: readonly string[], square: Square): Promise<void> {
    const stop = new AbortController();
    const turns = new Map(square.turns);
    square.stops.add(stop);
    this.underway++;
    this.told();
    try {
      const address = `${this.base}/tiles/${ids.join(",")}/${place.z}/${place.x}/${place.y}.mvt${this.asked(ids)}`;
      // What is stale here may be so in the browser's own store too.
      const cache: RequestCache = ids.some((id) => square.stale.has(id)) ? "no-cache" : "default";
      const answer = await fetch(address, { signal: stop.signal, cache });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const parts = await decoded(answer.status === 204 ? new ArrayBuffer(0) : await answer.arrayBuffer(), ids);
      for (const [id, features] of parts) {
        // Outdated while it was under way: the next answer is the one to believe.
        if (square.turns.get(id) !== turns.get(id)) continue;
        square.parts.set(id, features);
        square.stale.delete(id);
      }
    } catch {
      if (stop.signal.aborted) {
        ids.forEach((id) => square.asked.delete(id));
      } else {
        // Told in the status line; the map stays usable and the square can be asked for again.
        ids.forEach((id) => square.failed.add(id));
        this.failures++;
      }
    } finally {
      square.stops.delete(stop);
      this.underway--;
      this.told();
    }
  }
}

function none(): Square {
  return { parts: new Map(), asked: new Map(), stops: new Set(), failed: new Set(), stale: new Set(), turns: new Map() };
}

/** The tile that holds the data of a drawn tile, and where in it the drawn tile lies. */
export function source(drawn: Place): { place: Place; scale: number; left: number; top: number } {
  const steps = Math.max(0, drawn.z - DEEPEST);
  const scale = 2 ** steps;
  const place = { z: drawn.z - steps, x: Math.floor(drawn.x / scale), y: Math.floor(drawn.y / scale) };
  return { place, scale, left: drawn.x - place.x * scale, top: drawn.y - place.y * scale };
}

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
}

export class TileStore {
  private readonly squares = new Map<string, Square>();
  failures = 0;
  underway = 0;

  constructor(
    private readonly base: string,
    private readonly told: () => void,
  ) {}

  /** The layers of one tile; what is missing is fetched in one request. */
  async wanted(place: Place, ids: readonly string[], stillWanted: () => boolean): Promise<Decoded> {
    const square = this.square(place);
    // Again when somebody who left the tile stopped the request that this one was waiting for too.
    while (stillWanted() && ids.some((id) => !square.parts.has(id) && !square.failed.has(id))) {
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
    return this.squares.get(key(place))?.parts.get(id) ?? [];
  }

  /** Stop what is still under way for a tile that nobody looks at any more. */
  leave(place: Place): void {
    const square = this.squares.get(key(place));
    square?.stops.forEach((stop) => stop.abort());
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

  private square(place: Place): Square {
    const name = key(place);
    const known = this.squares.get(name);
    const square = known ?? { parts: new Map(), asked: new Map(), stops: new Set(), failed: new Set() };
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
    square.stops.add(stop);
    this.underway++;
    this.told();
    try {
      const address = `${this.base}/tiles/${ids.join(",")}/${place.z}/${place.x}/${place.y}.mvt`;
      const answer = await fetch(address, { signal: stop.signal });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const parts = decoded(answer.status === 204 ? new ArrayBuffer(0) : await answer.arrayBuffer(), ids);
      parts.forEach((features, id) => square.parts.set(id, features));
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

function key(place: Place): string {
  return `${place.z}/${place.x}/${place.y}`;
}

/** The tile that holds the data of a drawn tile, and where in it the drawn tile lies. */
export function source(drawn: Place): { place: Place; scale: number; left: number; top: number } {
  const steps = Math.max(0, drawn.z - DEEPEST);
  const scale = 2 ** steps;
  const place = { z: drawn.z - steps, x: Math.floor(drawn.x / scale), y: Math.floor(drawn.y / scale) };
  return { place, scale, left: drawn.x - place.x * scale, top: drawn.y - place.y * scale };
}

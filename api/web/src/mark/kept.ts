// What was typed and drawn is kept on the device until it is sent: a closed tab, an ended session or a dead battery lose nothing.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Prepared } from "../photos";
import type { Values } from "./form";
import type { Known } from "./server";
import type { Shape } from "./shape";

export interface Unsent {
  at: number;
  layer: string;
  shape: Shape;
  adding: boolean;
  values: Values;
  photos: Prepared[];
  key: string;
  editing: Known | null;
}

interface Shelf extends DBSchema {
  unsent: { key: string; value: Unsent };
}

const DAYS = 30;

export class Keeper {
  private shelf: Promise<IDBPDatabase<Shelf> | null>;

  /** `person` keeps one person's work from another's on a shared telephone. */
  constructor(private readonly person: string) {
    this.shelf = openDB<Shelf>("atlas-mark", 1, { upgrade: (made) => void made.createObjectStore("unsent") }).catch(() => null); // private windows may have none: then nothing is kept, and all else works
  }

  async found(): Promise<Unsent | null> {
    const kept = await (await this.shelf)?.get("unsent", this.person);
    if (!kept) return null;
    if (kept.at > Date.now() - DAYS * 86_400_000) return kept;
    await this.drop();
    return null;
  }

  async keep(unsent: Unsent): Promise<void> {
    await (await this.shelf)?.put("unsent", unsent, this.person);
  }

  async drop(): Promise<void> {
    await (await this.shelf)?.delete("unsent", this.person);
  }
}

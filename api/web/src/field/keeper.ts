// Holds the draft that is being written, and writes it down a quarter of a second after each key.
import { drafts, isFull, write } from "./db";
import type { Draft } from "./kinds";

const SOON = 250; // milliseconds
const MIRROR = "atlas-field-draft";

export type Kept = { is: "kept"; at: Date } | { is: "full" } | { is: "failed"; failure: unknown };

export class Keeper {
  draft: Draft | null = null;
  private timer = 0;
  private dirty = false;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly told: (how: Kept) => void) {
    const leaving = () => {
      if (!this.dirty) return;
      // What is written at once is there even where the page goes before the store has answered.
      this.mirrored();
      void this.flush();
    };
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leaving());
    window.addEventListener("pagehide", leaving);
  }

  /** Something was typed. */
  touch(): void {
    if (!this.draft) return;
    this.draft.touched_at = new Date().toISOString();
    this.dirty = true;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.flush(), SOON);
  }

  /** Write down what is not yet; one after the other. */
  flush(): Promise<void> {
    window.clearTimeout(this.timer);
    this.writing = this.writing.then(() => this.written());
    return this.writing;
  }

  /** It is finished or thrown away: nothing of it is written any more. */
  async done(): Promise<void> {
    window.clearTimeout(this.timer);
    this.dirty = false;
    await this.writing;
    localStorage.removeItem(MIRROR);
    this.draft = null;
  }

  private async written(): Promise<void> {
    if (!this.draft || !this.dirty) return;
    this.dirty = false;
    const now = structuredClone(this.draft);
    try {
      await write(["drafts"], (to) => to.objectStore("drafts").put(now));
      localStorage.removeItem(MIRROR);
      this.told({ is: "kept", at: new Date() });
    } catch (failure) {
      this.dirty = true;
      const isMirrored = this.mirrored();
      this.told(isFull(failure) ? { is: "full" } : isMirrored ? { is: "kept", at: new Date() } : { is: "failed", failure });
    }
  }

  /** A second copy in another store of the browser, which a full disk does not stop. */
  private mirrored(): boolean {
    try {
      localStorage.setItem(MIRROR, JSON.stringify(this.draft));
      return true;
    } catch {
      return false;
    }
  }
}

/** The drafts on this phone, last written first, with what was only mirrored. */
export async function unfinished(login: string): Promise<Draft[]> {
  const found = await drafts();
  const copy = mirrored();
  if (copy) {
    const at = found.findIndex((one) => one.id === copy.id);
    if (at < 0) found.unshift(copy);
    else if (found[at]!.touched_at < copy.touched_at) found[at] = copy;
  }
  return found.filter((one) => one.login === login).sort((one, other) => (one.touched_at < other.touched_at ? 1 : -1));
}

/** The second copy of what was written last, where there is one. */
export function mirrored(): Draft | null {
  const mirror = localStorage.getItem(MIRROR);
  return mirror ? (JSON.parse(mirror) as Draft) : null;
}

/** Let go of the second copy. */
export function forgetMirror(): void {
  localStorage.removeItem(MIRROR);
}

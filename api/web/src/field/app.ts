// What the sections of the page share: who holds the phone, what was brought along, and the way from one to another.
import type { Text } from "../config";
import { ask, isObject, whoAmI } from "./ask";
import { keep, kept } from "./db";
import type { Draft, FormLayer, Forms, Ground, Person } from "./kinds";

export type Section = "write" | "waiting" | "map" | "prepare" | "phone";

/** Beyond this the phone's clock is told to be wrong. */
export const CLOCK_OFF = 2 * 60_000;

export class App extends EventTarget {
  person: Person | null = null;
  /** null: not known, because the server cannot be asked */
  isSignedIn: boolean | null = null;
  csrf: string | null = null;
  behind = 0;
  forms: Forms | null = null;
  ground: Ground | null = null;
  /** the draft for which a place is being chosen on the map */
  placing: Draft | null = null;

  /** What the phone knows without asking anybody. */
  async remembered(): Promise<void> {
    this.person = await kept<Person>("me");
    this.forms = await kept<Forms>("forms");
    this.ground = await kept<Ground>("ground");
    this.behind = (await kept<number>("behind")) ?? 0;
  }

  /** Ask the server who this is; without a network the last one stays. */
  async met(): Promise<void> {
    const who = await whoAmI();
    if ("is" in who) {
      this.isSignedIn = null;
    } else {
      this.isSignedIn = who.person !== null;
      this.csrf = who.csrf;
      this.behind = who.behind;
      await keep("behind", who.behind);
      if (who.person) {
        this.person = who.person;
        await keep("me", who.person);
      }
    }
    this.told();
  }

  /** Bring the forms and the looks of the map up to date; nothing of a person and no row is in them. */
  async equipped(): Promise<void> {
    const asPublic: RequestInit = { credentials: "omit" };
    // Whoever marks has more to fill than the public is told of; without a session the kept forms stay as they are.
    const forms = await ask("/marks/forms", {}, (body) => isObject(body) && Array.isArray(body["layers"]));
    if (forms.is === "receipt" && ((forms.body as Record<string, unknown>)["may_mark"] === true || !this.forms)) {
      await keep("forms", (this.forms = forms.body as unknown as Forms));
    }
    const ground = await ask("/field/layers", asPublic, (body) => isObject(body) && Array.isArray(body["layers"]));
    if (ground.is === "receipt") await keep("ground", (this.ground = ground.body as unknown as Ground));
    this.told();
  }

  layer(id: string): FormLayer | undefined {
    return this.forms?.layers.find((one) => one.id === id);
  }

  titleOf(id: string): Text {
    return this.layer(id)?.title ?? { th: id, en: id };
  }

  go(section: Section): void {
    if (location.hash === `#${section}`) this.dispatchEvent(new Event("shown"));
    else location.hash = section;
  }

  /** Something on the phone changed: numbers and lists are told anew. */
  told(): void {
    this.dispatchEvent(new Event("changed"));
  }

  /** Something is ready to be sent. */
  send(now = false): void {
    this.dispatchEvent(new CustomEvent("send", { detail: now }));
  }
}

// What is seen, in one place: which layers, coloured and filtered how, as of when, in which language, with which card.
// It stands in the address behind the #, so that a copied link shows the same to whoever may see the same.
import type { Config, Language } from "./config";

/** Which values of one column are shown: these codes, or these days (both ends belong to them). */
export interface Choice {
  codes?: string[];
  from?: string;
  to?: string;
}

export interface Card {
  lat: number;
  lng: number;
  layer: string;
  id: number;
}

export interface Where {
  lat: number;
  lng: number;
  zoom: number;
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const NUMBER = /^-?\d{1,3}(\.\d{1,8})?$/;

export class View {
  language: Language;
  readonly shown: Set<string>;
  /** By layer the theme or the column that colours it, where that is not the declared one; an empty one is one colour for all. */
  readonly by = new Map<string, string>();
  /** By layer and column. */
  readonly filters = new Map<string, Map<string, Choice>>();
  /** The day that is looked back to; null is the present. */
  day: string | null = null;
  card: Card | null = null;

  constructor(private readonly config: Config) {
    this.language = config.language;
    this.shown = new Set(this.atFirst());
  }

  private atFirst(): string[] {
    return this.config.layers.filter((layer) => layer.shown).map((layer) => layer.id);
  }

  isFiltered(layer?: string): boolean {
    return layer === undefined ? this.filters.size > 0 : this.filters.has(layer);
  }

  /** Say which values of a column are shown; null shows all of them. */
  choose(layer: string, column: string, choice: Choice | null): void {
    const own = this.filters.get(layer) ?? new Map<string, Choice>();
    if (choice && (choice.codes?.length || choice.from || choice.to)) own.set(column, choice);
    else own.delete(column);
    if (own.size > 0) this.filters.set(layer, own);
    else this.filters.delete(layer);
  }

  /** As it stands behind the #. */
  told(where: Where): string {
    const parts: [string, string][] = [["at", `${where.zoom}/${short(where.lat)}/${short(where.lng)}`]];
    const ids = this.config.layers.map((layer) => layer.id).filter((id) => this.shown.has(id));
    parts.push(["on", ids.join(",")]);
    if (this.by.size > 0) parts.push(["by", [...this.by].map(([layer, column]) => `${layer}:${column}`).join(",")]);
    const chosen = [...this.filters].flatMap(([layer, columns]) =>
      [...columns].map(([column, choice]) => `${layer}.${column}:${choice.codes ? choice.codes.map(encodeURIComponent).join("|") : `${choice.from ?? ""}..${choice.to ?? ""}`}`),
    );
    if (chosen.length > 0) parts.push(["if", chosen.join(";")]);
    if (this.day) parts.push(["day", this.day]);
    parts.push(["lang", this.language]);
    if (this.card) parts.push(["card", `${short(this.card.lat)}/${short(this.card.lng)}/${this.card.layer}/${this.card.id}`]);
    return parts.map(([name, value]) => `${name}=${value}`).join("&");
  }

  /** Take over what a link says, and give the place it looks at; what it says wrongly, or of layers that are not here, is left out. */
  read(fragment: string): Where | null {
    const said = new Map(fragment.replace(/^#/, "").split("&").map((part) => {
      const [name, ...rest] = part.split("=");
      return [name ?? "", rest.join("=")] as const;
    }));
    const where = placeOf(said.get("at"));
    if (!where) return null;
    const known = (id: string) => this.config.layers.find((layer) => layer.id === id);
    const column = (layer: string, name: string) => {
      const found = known(layer);
      return found && [...found.popup, ...found.carried].some((field) => field.name === name);
    };
    const colours = (layer: string, name: string) => column(layer, name) || known(layer)?.themes.some((theme) => theme.id === name);
    const on = said.get("on");
    this.shown.clear();
    for (const id of on === undefined ? this.atFirst() : on.split(",")) if (known(id)) this.shown.add(id);
    this.by.clear();
    for (const part of (said.get("by") ?? "").split(",")) {
      const [layer = "", name = ""] = part.split(":");
      if (known(layer) && (name === "" ? part.includes(":") : colours(layer, name))) this.by.set(layer, name);
    }
    this.filters.clear();
    for (const part of (said.get("if") ?? "").split(";")) {
      const found = /^([a-z0-9_]+)\.([a-z0-9_]+):(.*)$/.exec(part);
      if (!found || !column(found[1]!, found[2]!)) continue;
      const days = /^([\d-]*)\.\.([\d-]*)$/.exec(found[3]!);
      const own = (text: string) => (DAY.test(text) ? { it: text } : {});
      if (days) this.choose(found[1]!, found[2]!, { ...renamed("from", own(days[1]!)), ...renamed("to", own(days[2]!)) });
      else this.choose(found[1]!, found[2]!, { codes: found[3]!.split("|").map(plain) });
    }
    const day = said.get("day");
    this.day = this.config.past && day && DAY.test(day) ? day : null;
    const language = said.get("lang");
    if (language === "th" || language === "en") this.language = language;
    const [lat, lng, layer = "", id] = (said.get("card") ?? "").split("/");
    const isPlace = NUMBER.test(lat ?? "") && NUMBER.test(lng ?? "");
    this.card = isPlace && known(layer) ? { lat: Number(lat), lng: Number(lng), layer, id: Number(id) || 0 } : null;
    return where;
  }
}

function renamed(name: "from" | "to", found: { it?: string }): Choice {
  return found.it === undefined ? {} : { [name]: found.it };
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function placeOf(text: string | undefined): Where | null {
  const [zoom, lat, lng] = (text ?? "").split("/");
  if (!/^\d{1,2}$/.test(zoom ?? "") || !NUMBER.test(lat ?? "") || !NUMBER.test(lng ?? "")) return null;
  return { zoom: Number(zoom), lat: Number(lat), lng: Number(lng) };
}

/** A hundredth of a pixel at the deepest zoom: seven decimals. */
function short(degrees: number): string {
  return String(Number(degrees.toFixed(7)));
}

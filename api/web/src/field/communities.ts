// The communities that one can prepare for, through the public's door: names and outlines that everybody may see.
import { ask, isObject } from "./ask";
import { keep, kept } from "./db";
import type { Community, Person, Position } from "./kinds";

const PAGE = "/collections/community/items?f=json&limit=200";
const MOST_PAGES = 20;

/** All communities with an outline, those of one's own area first; those that were kept, where there is no network. */
export async function communities(person: Person | null): Promise<Community[]> {
  const fresh = await fetched();
  if (fresh) await keep("communities", fresh);
  const found = fresh ?? (await kept<Community[]>("communities")) ?? [];
  const rank = (one: Community) => (person?.communities.includes(one.id) ? 0 : person?.towns.includes(one.town) ? 1 : 2);
  return found.sort((one, other) => rank(one) - rank(other) || one.name.th.localeCompare(other.name.th, "th"));
}

async function fetched(): Promise<Community[] | null> {
  const found: Community[] = [];
  let next: string | null = PAGE;
  for (let page = 0; next && page < MOST_PAGES; page++) {
    const answer = await ask(next, { credentials: "omit" }, (body) => isObject(body) && Array.isArray(body["features"]));
    if (answer.is !== "receipt") return null;
    const { features, links } = answer.body as unknown as { features: GeoJSON.Feature[]; links?: { rel: string; href: string }[] };
    found.push(...features.flatMap(communityOf));
    const link = links?.find((one) => one.rel === "next");
    next = link ? here(link.href) : null;
  }
  return found;
}

function here(href: string): string {
  const url = new URL(href, location.href);
  return url.pathname + url.search;
}

function communityOf(feature: GeoJSON.Feature): Community[] {
  const { geometry, properties, id } = feature;
  const rings = geometry?.type === "Polygon" ? geometry.coordinates : geometry?.type === "MultiPolygon" ? geometry.coordinates.flat() : [];
  if (rings.length === 0) return [];
  const name = String(properties?.["name_th"] ?? id);
  return [{ id: Number(id), town: String(properties?.["municipality"] ?? ""), name: { th: name, en: String(properties?.["name_en"] ?? name) },
            rings: rings.map((ring) => ring.map((at) => [at[0]!, at[1]!] as Position)) }];
}

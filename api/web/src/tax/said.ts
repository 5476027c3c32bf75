// The one language of the page, for words that a script says.
const THAI = document.documentElement.lang !== "en";

export const say = (th: string, en: string): string => (THAI ? th : en);

/** What the server tells in both languages, in the page's. */
export const told = (pair: { th: string; en: string }): string => (THAI ? pair.th : pair.en);

/** GeoJSON of this address, or null with nothing changed on the page. */
export async function shapes(address: string): Promise<GeoJSON.FeatureCollection | null> {
  const answer = await fetch(address, { headers: { Accept: "application/geo+json" } }).catch(() => null);
  return answer?.ok ? ((await answer.json()) as GeoJSON.FeatureCollection) : null;
}

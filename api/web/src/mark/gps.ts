// Where the device says it is, and how far that may be off; it becomes better while one waits.
import { place, type Place } from "./shape";

export const COARSE_METRES = 30;

export interface Fix {
  at: Place;
  metres: number;
}

export type Trouble = "refused" | "away";

/** Tells each better fix until what this answers is called. */
export function watch(found: (fix: Fix) => void, failed: (why: Trouble) => void): () => void {
  if (!("geolocation" in navigator)) {
    failed("away");
    return () => undefined;
  }
  let best: Fix | null = null;
  const number = navigator.geolocation.watchPosition(
    ({ coords, timestamp }) => {
      const fix = { at: place(coords.longitude, coords.latitude), metres: Math.ceil(coords.accuracy) };
      // An old good fix is a wrong one when somebody has walked on.
      if (best && best.metres < fix.metres && timestamp - since < 10_000) return;
      since = timestamp;
      best = fix;
      found(fix);
    },
    (error) => failed(error.code === error.PERMISSION_DENIED ? "refused" : "away"),
    { enableHighAccuracy: true, maximumAge: 0, timeout: 20_000 },
  );
  let since = 0;
  return () => navigator.geolocation.clearWatch(number);
}

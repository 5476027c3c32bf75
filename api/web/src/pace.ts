// Long work in short pieces, so that a map that is being pushed about keeps up with the finger.

// Of a frame's 16 ms the browser needs its part; a map that stands still may be busy for longer.
const WHILE_MOVING = 5;
const STANDING = 30;

let isMoving = false;
let began = 0;
let waiting: (() => void)[] = [];

export function follow(map: L.Map): void {
  map.on("movestart zoomstart", () => (isMoving = true));
  map.on("moveend zoomend", () => (isMoving = false));
}

/** Whether this frame's share is used up: whoever works long then awaits `nextFrame`. */
export function isTired(): boolean {
  return performance.now() - began > (isMoving ? WHILE_MOVING : STANDING);
}

/** Go on in the next frame; those who wait do so in turn, and share what that frame has. */
export function nextFrame(): Promise<void> {
  return new Promise((go) => {
    waiting.push(go);
    if (waiting.length === 1) soon();
  });
}

function soon(): void {
  // A page that nobody sees has no frames.
  if (isMoving && !document.hidden) requestAnimationFrame(resume);
  else window.setTimeout(resume);
}

function resume(): void {
  began = performance.now();
  const [first, ...rest] = waiting;
  waiting = rest;
  first?.();
  // The next one in line begins after the first has given way, in the same frame if there is time left.
  if (rest.length > 0) window.setTimeout(() => (isTired() ? soon() : resumeRest()));
}

function resumeRest(): void {
  const [first, ...rest] = waiting;
  waiting = rest;
  first?.();
  if (rest.length > 0) window.setTimeout(() => (isTired() ? soon() : resumeRest()));
}

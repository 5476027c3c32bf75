// Marking on the map: a button for whoever may mark, and on the card of a mark one to change it.
import { make } from "../dom";
import type { AtlasLayer } from "../surface";
import { READY } from "../surface";
import { Board } from "./board";
import { Drawing } from "./drawing";
import { Keeper, type Unsent } from "./kept";
import { press } from "./press";
import { type Forms, Refused, Server } from "./server";
import { Sheet } from "./sheet";
import { Snapping } from "./snap";
import { both, SAID } from "./words";

interface Card {
  layer: string;
  id: number;
  card: HTMLElement;
}

function begin(atlas: AtlasLayer, map: L.Map): void {
  const server = new Server("");
  const keeper = new Keeper(server.person);
  const room = map.getContainer().parentElement!;
  const offer = make("div", { class: "mark-offer", role: "status" });
  let sheet: Sheet | null = null;
  let coming: Promise<Sheet> | null = null;

  const made = async (): Promise<Sheet> => {
    const [forms, area] = await Promise.all([server.forms(), server.area().catch(() => null)]);
    const board = new Board(map, "", (shape) => drawing.dragged(shape));
    const snapping = new Snapping(atlas, server);
    const drawing: Drawing = new Drawing(board, snapping, server, () => sheet!.layerId, () => sheet?.drew());
    sheet = new Sheet(atlas, drawing, server, keeper, ordered(forms), room, () => {
      start.hidden = false;
      void offered();
      start.focus({ preventScroll: true });
    });
    board.area(area?.geometry ?? null);
    drawing.within(area?.geometry ?? null);
    board.show(false);
    return sheet;
  };
  const ready = (): Promise<Sheet> => {
    coming ??= made().catch((failure: unknown) => {
      coming = null;
      throw failure;
    });
    return coming;
  };
  const opened = async (how: (one: Sheet) => unknown): Promise<void> => {
    start.disabled = true;
    try {
      const one = await ready();
      map.closePopup();
      await how(one);
      start.hidden = true;
      offer.replaceChildren();
    } catch (failure) {
      const told = failure instanceof Refused ? failure.told : SAID.formsAway;
      offer.replaceChildren(make("p", { class: "mark-bad" }, both(told)));
      if (failure instanceof Refused && failure.status === 401) {
        const next = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
        offer.append(make("a", { class: "mark-button", href: next }, both(SAID.signInLink)));
      }
    } finally {
      start.disabled = false;
    }
  };
  // What waits to be sent comes first: a new one would take its place.
  const start = press(SAID.mark, () => void opened(async (one) => {
    const unsent = await keeper.found();
    await (unsent ? one.goOn(unsent) : one.open());
  }), "mark-start");
  room.append(make("div", { class: "mark-corner" }, offer, start));

  const offered = async (): Promise<void> => {
    const unsent = await keeper.found();
    offer.replaceChildren(...(unsent ? [waiting(unsent)] : []));
  };
  const waiting = (unsent: Unsent): HTMLElement => {
    const on = press(SAID.goOn, () => void opened((one) => one.goOn(unsent)), "mark-main");
    const drop = press(SAID.drop, () => void keeper.drop().then(offered));
    return make("div", { class: "mark-waiting" }, make("p", {}, both(SAID.unsent)), make("div", { class: "mark-row" }, on, drop));
  };
  void offered();

  map.getContainer().addEventListener("atlas:card", (event) => {
    const { layer, id, card } = (event as CustomEvent<Card>).detail;
    void ready().then(async (one) => {
      if (!one.takes(layer)) return;
      const known = await server.known(layer, id).catch(() => null);
      if (!known?.may_change || !card.isConnected || card.querySelector(".mark-edit")) return;
      card.append(press(SAID.edit, () => void opened((each) => each.edit(known)), "mark-edit"));
    }, () => undefined);
  });
  // A mark's own page leads here to change its shape.
  const asked = /^#edit=(\w+)\/(\d+)$/.exec(location.hash);
  if (asked) void opened(async (one) => one.edit(await server.known(asked[1]!, Number(asked[2]))));
  else if (location.hash === "#mark") void opened((one) => one.open());
}

/** Points first: that is what most marks are. */
function ordered(forms: Forms): Forms {
  const order = ["risk_point", "risk_zone", "asset"];
  const at = (id: string): number => (order.includes(id) ? order.indexOf(id) : order.length);
  return { ...forms, layers: [...forms.layers].sort((one, other) => at(one.id) - at(other.id)) };
}

// Within another page the map is there to look at.
if (window.top === window) {
  document.addEventListener(READY, (event) => {
    const atlas = (event as CustomEvent<AtlasLayer>).detail;
    if (atlas.map) begin(atlas, atlas.map);
  });
}

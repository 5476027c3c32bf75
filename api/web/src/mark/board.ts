// The map while something is drawn on it: what is there so far, where the next point would go, and Geoman for what is dragged.
import { make } from "../dom";
import type { Segment } from "./checks";
import { type Place, place, type Shape } from "./shape";
import type { Tools } from "./tools";

const PIN = { className: "mark-pin", iconSize: [28, 28] as L.PointTuple, iconAnchor: [14, 28] as L.PointTuple };
const COLOUR = { mine: "#0b57d0", wrong: "#c5221f", knife: "#8a3ffc", theirs: "#8a3ffc", area: "#3c4043" };

export interface Pen {
  shape: Shape;
  /** The line or part that cuts, while one is drawn. */
  knife: Shape | null;
  adding: boolean;
  crossed: Segment[];
}

type Body = L.Polyline<GeoJSON.LineString | GeoJSON.MultiLineString | GeoJSON.Polygon | GeoJSON.MultiPolygon> | L.Marker;

interface Pm {
  enable(options: object): void;
  disable(): void;
}

const latlngs = (ring: readonly Place[]): L.LatLngTuple[] => ring.map(([lon, lat]) => [lat, lon]);
function quiet(marker: HTMLElement): void {
  marker.removeAttribute("tabindex");
  marker.removeAttribute("role");
  marker.setAttribute("aria-hidden", "true");
}

const still = { interactive: false, pmIgnore: true } as const;

export class Board {
  private readonly drawn = L.layerGroup();
  private readonly rubber = L.polyline([], { ...still, color: COLOUR.mine, weight: 2, dashArray: "4 6" });
  private readonly edge = L.layerGroup();
  private readonly lines = L.layerGroup();
  private readonly around = L.layerGroup();
  private readonly other = L.layerGroup();
  private readonly cross = make("div", { class: "mark-cross", "aria-hidden": "true" });
  private body: Body | null = null;
  private tools: Tools | null = null;
  private coming: Promise<Tools | null> | null = null;
  private last: Place | null = null;
  crossing = false;

  constructor(
    readonly map: L.Map,
    private readonly base: string,
    private readonly edited: (shape: Shape) => void,
  ) {
    map.getContainer().append(this.cross);
    this.crossed(false);
    // Points to drag are for pointers; by keyboard and by voice they are reached in the list of points.
    new MutationObserver((seen) => seen.forEach((one) => one.addedNodes.forEach((node) => quiet(node as HTMLElement)))).observe(
      map.getPanes().markerPane, { childList: true },
    );
    map.on("mousemove", (event: L.LeafletMouseEvent) => !this.crossing && this.reach(event.latlng));
    map.on("move", () => this.crossing && this.reach(map.getCenter()));
  }

  show(on: boolean): void {
    for (const layer of [this.edge, this.lines, this.around, this.other, this.drawn, this.rubber]) {
      if (on) layer.addTo(this.map);
      else layer.remove();
    }
    if (!on) this.crossed(false);
  }

  crossed(on: boolean): void {
    this.crossing = on;
    this.cross.hidden = !on;
    this.rubber.setLatLngs([]);
  }

  area(geometry: GeoJSON.Geometry | null): void {
    this.edge.clearLayers();
    if (!geometry) return;
    const style = { color: COLOUR.area, weight: 2, dashArray: "6 6", fill: false };
    this.edge.addLayer(L.geoJSON(geometry, { ...still, style }));
  }

  accuracy(at: Place | null, metres: number): void {
    this.around.clearLayers();
    if (at) this.around.addLayer(L.circle([at[1], at[0]], { ...still, radius: metres, color: COLOUR.mine, weight: 1, fillOpacity: 0.12 }));
  }

  theirs(geometry: GeoJSON.Geometry | null): void {
    this.other.clearLayers();
    if (!geometry) return;
    const style = { color: COLOUR.theirs, weight: 3, dashArray: "2 6", fill: false };
    const pointToLayer = (_: GeoJSON.Feature, at: L.LatLng) => L.circleMarker(at, { ...still, ...style, radius: 10 });
    this.other.addLayer(L.geoJSON(geometry, { ...still, style, pointToLayer }));
  }

  fit(shape: Shape): void {
    const all = shape.parts.flat(2);
    if (all.length > 0) this.map.fitBounds(L.latLngBounds(latlngs(all)), { padding: [40, 40], maxZoom: 18, animate: false });
  }

  draw(pen: Pen): void {
    this.still();
    this.drawn.clearLayers();
    const { shape } = pen;
    this.cross.hidden = !(this.crossing && pen.adding);
    const colour = pen.crossed.length > 0 ? COLOUR.wrong : COLOUR.mine;
    this.body = null;
    if (shape.kind === "POINT") {
      const at = shape.parts[0]?.[0]?.[0];
      if (at) this.body = L.marker([at[1], at[0]], { icon: L.divIcon(PIN), keyboard: false, interactive: !pen.adding, snapIgnore: true });
    } else if (shape.parts.length > 0) {
      const style = { color: colour, weight: 3, fillOpacity: 0.16, interactive: !pen.adding, bubblingMouseEvents: true };
      const isArea = shape.kind === "POLYGON" && (shape.parts[0]?.[0]?.length ?? 0) > 2;
      const paths = shape.parts.map((part) => part.map(latlngs));
      this.body = isArea ? L.polygon(paths, style) : L.polyline(paths.map((part) => part[0]!), style);
    }
    if (this.body) this.drawn.addLayer(this.body);
    for (const segment of pen.crossed) this.drawn.addLayer(L.polyline(latlngs(segment), { ...still, color: COLOUR.wrong, weight: 6 }));
    const path = pen.knife ? (pen.knife.parts[0]?.[0] ?? []) : (shape.parts[0]?.[0] ?? []);
    if (pen.knife) {
      const style = { ...still, color: COLOUR.knife, weight: 3, dashArray: "8 5", fillOpacity: 0.12 };
      this.drawn.addLayer(pen.knife.kind === "POLYGON" ? L.polygon(latlngs(path), style) : L.polyline(latlngs(path), style));
    }
    this.last = pen.adding && (pen.knife ?? shape).kind !== "POINT" ? (path[path.length - 1] ?? null) : null;
    this.rubber.setLatLngs([]);
    if (pen.adding && (pen.knife ?? shape).kind !== "POINT") {
      for (const at of latlngs(path)) {
        this.drawn.addLayer(L.circleMarker(at, { ...still, radius: 5, weight: 2, color: pen.knife ? COLOUR.knife : colour, fillColor: "#fff", fillOpacity: 1 }));
      }
    }
  }

  /** Let what is drawn be dragged, by Geoman; false where its script does not come. */
  async drag(snapTo: Place[][], { snap, removing }: { snap: boolean; removing: boolean }): Promise<boolean> {
    const body = this.body;
    const tools = await this.loaded();
    if (!tools) return false;
    if (!body || body !== this.body) return true;
    this.lines.clearLayers();
    for (const ring of snapTo) {
      this.lines.addLayer(L.polyline(latlngs(ring), { interactive: false, opacity: 0, snapIgnore: false, pmIgnore: true }));
    }
    L.PM.reInitLayer(body);
    const pm = body.pm as unknown as Pm;
    pm.enable({
      snappable: snap, snapDistance: 16, allowSelfIntersection: true, draggable: true, preventMarkerRemoval: removing ? false : body instanceof L.Marker,
      removeVertexOn: removing ? "click" : "contextmenu", hideMiddleMarkers: removing, limitMarkersToCount: 200,
    });
    const heard = (): void => {
      const found = this.read(body);
      if (found) this.edited(found);
    };
    body.on("pm:edit", heard);
    body.on("pm:remove", heard);
    return true;
  }

  loaded(): Promise<Tools | null> {
    this.coming ??= new Promise((resolve) => {
      const script = make("script", { src: `${this.base}/static/mark-tools.js` });
      script.addEventListener("load", () => {
        this.tools = (window as unknown as { atlasTools: Tools }).atlasTools;
        this.tools.ready(this.map);
        resolve(this.tools);
      });
      script.addEventListener("error", () => {
        // So that it is asked for again the next time.
        this.coming = null;
        script.remove();
        resolve(null);
      });
      document.head.append(script);
    });
    return this.coming;
  }

  private still(): void {
    const pm = this.body?.pm as unknown as Pm | undefined;
    this.body?.off("pm:edit");
    pm?.disable();
  }

  private reach(to: L.LatLng): void {
    if (this.last) this.rubber.setLatLngs([[this.last[1], this.last[0]], to]);
  }

  private read(body: Body): Shape | null {
    const at = (one: L.LatLng): Place => place(one.lng, one.lat);
    if (body instanceof L.Marker) return { kind: "POINT", parts: [[[at(body.getLatLng())]]] };
    const deep = body.getLatLngs() as L.LatLng[] | L.LatLng[][] | L.LatLng[][][];
    if (body instanceof L.Polygon) {
      const isMany = Array.isArray((deep as L.LatLng[][][])[0]?.[0]);
      const parts = (isMany ? deep : [deep]) as L.LatLng[][][];
      const found = parts.map((part) => part.map((ring) => ring.map(at)).filter((ring) => ring.length > 2));
      return { kind: "POLYGON", parts: found.filter((part) => part.length > 0) };
    }
    const isMany = Array.isArray((deep as L.LatLng[][])[0]);
    const lines = (isMany ? deep : [deep]) as L.LatLng[][];
    return { kind: "LINESTRING", parts: lines.map((line) => [line.map(at)]).filter((part) => part[0]!.length > 1) };
  }
}

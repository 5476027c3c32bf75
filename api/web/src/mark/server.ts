// The Atlas' own answers about marks: what came, or what is wrong in words a person can act on.
import type { Code, Field, Text } from "../config";
import type { Prepared } from "../photos";
import { addTo } from "../photos";
import { SAID } from "./words";

export interface Problem {
  code: string;
  level: "error" | "warning";
  column: string | null;
  th: string;
  en: string;
}

export interface FormLayer {
  id: string;
  title: Text;
  kinds: string[];
  fields: Field[];
}

export interface Forms {
  layers: FormLayer[];
  codes: Record<string, Code[]>;
}

export interface Known {
  id: number;
  layer: string;
  version: number;
  feature: GeoJSON.Feature;
  may_change: boolean;
  open: { by: string; is_me: boolean; until: string } | null;
}

export interface Checked {
  ok: boolean;
  problems: Problem[];
}

export interface Kept {
  id: number;
  layer: string;
  version: number;
  page?: string;
}

/** Why something was not done; `status` 0 where no answer came at all. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly told: Text,
    readonly problems: Problem[] = [],
  ) {
    super(told.en);
  }
}

const meta = (name: string, page: Document = document): string =>
  page.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";

export class Server {
  private csrf = meta("csrf-token");
  readonly person = meta("atlas-person");

  constructor(private readonly base: string) {}

  forms(): Promise<Forms> {
    return this.asked("GET", "/marks/forms");
  }

  area(): Promise<GeoJSON.Feature<GeoJSON.Geometry | null>> {
    return this.asked("GET", "/marks/area");
  }

  known(layer: string, id: number): Promise<Known> {
    return this.asked("GET", `/marks/${layer}/${id}`);
  }

  item(layer: string, id: number): Promise<GeoJSON.Feature> {
    return this.asked("GET", `/collections/${layer}/items/${id}?f=json`);
  }

  check(layer: string, geometry: GeoJSON.Geometry, stop: AbortSignal): Promise<Checked> {
    return this.asked("POST", `/marks/${layer}/check`, { body: { type: "Feature", geometry, properties: {} }, stop });
  }

  make(layer: string, geometry: GeoJSON.Geometry, properties: object, key: string): Promise<Kept> {
    const body = { type: "Feature", geometry, properties };
    return this.asked("POST", `/marks/${layer}`, { body, headers: { "Idempotency-Key": key } });
  }

  change(layer: string, id: number, version: number, patch: object): Promise<Kept> {
    const headers = { "If-Match": `"${version}"`, "Content-Type": "application/merge-patch+json" };
    return this.asked("PATCH", `/marks/${layer}/${id}`, { body: patch, headers });
  }

  open(layer: string, id: number): Promise<{ until: string; version: number }> {
    return this.asked("POST", `/marks/${layer}/${id}/open`);
  }

  /** Also as the page is left: nobody waits for what comes back. */
  letGo(layer: string, id: number): void {
    const headers = { "X-CSRF-Token": this.csrf };
    void fetch(`${this.base}/marks/${layer}/${id}/let-go`, { method: "POST", headers, keepalive: true }).catch(() => null);
  }

  photos(layer: string, id: number, pictures: readonly Prepared[], key: string): Promise<unknown> {
    const form = addTo(new FormData(), pictures);
    return this.asked("POST", `/collections/${layer}/items/${id}/photos`, { form, headers: { "Idempotency-Key": key } });
  }

  /** After a new sign-in this page's proof is an old one; a fresh copy of the page brings the present one. */
  async renew(): Promise<void> {
    const answer = await this.fetched(location.pathname + location.search, { headers: { Accept: "text/html" }, cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const person = meta("atlas-person", page);
    if (!person) throw new Refused(401, SAID.signIn);
    if (person !== this.person) throw new Refused(401, SAID.somebodyElse);
    this.csrf = meta("csrf-token", page);
  }

  private async asked<T>(
    method: string,
    path: string,
    { body, form, headers = {}, stop, again = false }:
      { body?: object; form?: FormData; headers?: Record<string, string>; stop?: AbortSignal; again?: boolean } = {},
  ): Promise<T> {
    const sent: Record<string, string> = { Accept: "application/json", ...headers };
    if (method !== "GET") sent["X-CSRF-Token"] = this.csrf;
    if (body && !sent["Content-Type"]) sent["Content-Type"] = "application/geo+json";
    const content = form ?? (body ? JSON.stringify(body) : null);
    const answer = await this.fetched(`${this.base}${path}`, { method, headers: sent, body: content, signal: stop ?? null });
    if (answer.ok) return (await answer.json()) as T;
    const told = (await answer.json().catch(() => ({}))) as { detail_th?: string; detail_en?: string; detail?: string; problems?: Problem[] };
    if (answer.status === 403 && method !== "GET" && !again) {
      const before = this.csrf;
      await this.renew();
      if (this.csrf !== before) return this.asked(method, path, { ...(body && { body }), ...(form && { form }), headers, ...(stop && { stop }), again: true });
    }
    if (answer.status === 401) throw new Refused(401, SAID.signIn);
    const words = told.detail_th || told.detail_en || told.detail || `HTTP ${answer.status}`;
    throw new Refused(answer.status, { th: words, en: told.detail_en || words }, told.problems ?? []);
  }

  private async fetched(address: string, request: RequestInit): Promise<Response> {
    try {
      return await fetch(address, request);
    } catch (failure) {
      if (request.signal?.aborted) throw failure;
      throw new Refused(0, SAID.offline);
    }
  }
}

/** A key that says that what is sent again is the same thing; also where the page came over plain http. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

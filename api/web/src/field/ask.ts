// One question to the server, and what its answer is worth. A 2xx alone says nothing: a café's network answers 200 too.
import type { Text } from "../config";
import type { Person, Problem, Why } from "./kinds";

export type Answer =
  | { is: "receipt"; body: Record<string, unknown> | unknown[]; headers: Headers }
  | { is: "away"; why: Why; seconds: number | null; noNetwork: boolean }
  | { is: "refused"; status: number; told: Text; problems: Problem[] };

const MARK_SECONDS = 45;
export const AWAY = {
  network: { th: "ยังติดต่อเซิร์ฟเวอร์ไม่ได้", en: "The server cannot be reached yet" },
  slow: { th: "เซิร์ฟเวอร์ตอบช้าเกินไป จะลองใหม่", en: "The server took too long; it will be tried again" },
  strange: {
    th: "เครือข่ายนี้ตอบแทนเซิร์ฟเวอร์ (เช่น หน้าเข้าใช้ Wi-Fi) เปิดเบราว์เซอร์เพื่อเข้าใช้เครือข่าย แล้วส่งใหม่",
    en: "Something else answered in the server's place (a Wi-Fi sign-in page?): sign in to the network, then send again",
  },
  half: { th: "ได้รับคำตอบไม่ครบ จะส่งใหม่ด้วยรหัสเดิม", en: "Only half an answer came; it will be sent again under the same key" },
  trouble: { th: "เซิร์ฟเวอร์ขัดข้องชั่วคราว จะลองใหม่", en: "The server has trouble for the moment; it will be tried again" },
  turn: { th: "มีผู้อื่นกำลังแก้รายการนี้ จะลองใหม่", en: "Somebody else is changing this just now; it will be tried again" },
} satisfies Record<string, Text>;

function away(code: keyof typeof AWAY, seconds: number | null = null): Answer {
  return { is: "away", why: { code, told: AWAY[code] }, seconds, noNetwork: code === "network" || code === "strange" };
}

/** Ask, and read the whole answer within the time; `isWhole` says whether a 2xx holds what a receipt must hold. */
export async function ask(
  path: string,
  init: RequestInit,
  isWhole: (body: unknown) => boolean,
  seconds = MARK_SECONDS,
): Promise<Answer> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), seconds * 1000);
  let answer: Response | undefined;
  let text: string;
  try {
    const headers = { Accept: "application/json", ...(init.headers as Record<string, string> | undefined) };
    // A redirect leads to a sign-in page or elsewhere; nothing of ours answers with one here.
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", redirect: "manual", ...init, headers, signal: stop.signal });
    text = await answer.text();
  } catch {
    if (stop.signal.aborted) return away("slow");
    return away(answer ? "half" : "network");
  } finally {
    clearTimeout(timer);
  }
  return judged(answer, text, isWhole);
}

function judged(answer: Response, text: string, isWhole: (body: unknown) => boolean): Answer {
  const kind = answer.headers.get("content-type") ?? "";
  const body = parsed(text);
  if (answer.type === "opaqueredirect" || (answer.status >= 300 && answer.status < 400)) return away("strange");
  if (answer.ok) {
    if (!kind.includes("json")) return away("strange");
    return isWhole(body)
      ? { is: "receipt", body: body as Record<string, unknown>, headers: answer.headers }
      : away("half");
  }
  const later = Number(answer.headers.get("retry-after")) || null;
  if (answer.status === 423) return away("turn", later ?? 60);
  if (answer.status >= 500 || [408, 425, 429].includes(answer.status)) return away("trouble", later);
  // Only our own problem document refuses; any other 4xx came from something on the way.
  if (!kind.includes("problem+json") || !isProblem(body) || body["status"] !== answer.status) return away("strange");
  return { is: "refused", status: answer.status, told: toldOf(body), problems: problemsOf(body) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is Record<string, unknown> {
  return isObject(body) && typeof body["detail_th"] === "string";
}

export function isObject(body: unknown): body is Record<string, unknown> {
  return typeof body === "object" && body !== null && !Array.isArray(body);
}

function toldOf(body: Record<string, unknown>): Text {
  return { th: String(body["detail_th"]), en: String(body["detail_en"] ?? body["detail_th"]) };
}

function problemsOf(body: Record<string, unknown>): Problem[] {
  const found = Array.isArray(body["problems"]) ? body["problems"] : [];
  return found.filter(isObject).filter((one) => one["level"] !== "changed").map((one) => ({
    column: typeof one["column"] === "string" ? one["column"] : null,
    th: String(one["th"] ?? ""),
    en: String(one["en"] ?? one["th"] ?? ""),
  }));
}

export interface Who {
  person: Person | null;
  csrf: string | null;
  /** milliseconds that the phone's clock is behind the server's (ahead where below nought) */
  behind: number;
}

/** Who is signed in on this phone; an answer that is not ours is as none. */
export async function whoAmI(): Promise<Who | Extract<Answer, { is: "away" }>> {
  const answer = await ask("/field/me", {}, (body) => isObject(body) && body["atlas"] === "field" && "person" in body, 20);
  if (answer.is === "away") return answer;
  if (answer.is === "refused" || Array.isArray(answer.body)) return away("trouble") as Extract<Answer, { is: "away" }>;
  const { person, csrf, now } = answer.body as unknown as { person: Person | null; csrf: string | null; now: string };
  return { person, csrf, behind: Date.parse(now) - Date.now() };
}

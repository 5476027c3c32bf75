// The phone's own store. Whatever was typed is written here first, and is let go when the server has said that it has it.
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from "idb";
import type { Along, Draft, Photo, Report } from "./kinds";

export const NAME = "atlas-field";

interface Schema extends DBSchema {
  drafts: { key: string; value: Draft };
  reports: { key: string; value: Report };
  photos: { key: string; value: Photo; indexes: { of: string } };
  kept: { key: string; value: unknown };
  along: { key: string; value: Along };
}
type Store = IDBPDatabase<Schema>;

/** Each release may add steps and changes none: a phone may come from any of them with reports that wait. */
const STEPS: readonly ((store: Store) => void)[] = [
  (store) => {
    store.createObjectStore("drafts", { keyPath: "id" });
    store.createObjectStore("reports", { keyPath: "id" });
    store.createObjectStore("photos", { keyPath: "id" }).createIndex("of", "of");
  },
  (store) => {
    store.createObjectStore("kept");
    store.createObjectStore("along", { keyPath: "key" });
  },
];

let opened: Promise<Store> | null = null;
let replaced: () => void = () => undefined;

/** What to do when another tab brings a newer release of this page. */
export function whenReplaced(told: () => void): void {
  replaced = told;
}

export function store(): Promise<Store> {
  opened ??= openDB<Schema>(NAME, STEPS.length, {
    upgrade(found, from) {
      for (const step of STEPS.slice(from)) step(found);
    },
    blocking(_now, _wanted, event) {
      (event.target as IDBDatabase).close();
      opened = null;
      replaced();
    },
    terminated() {
      opened = null;
    },
  }).catch((failure: unknown) => {
    opened = null;
    throw failure;
  });
  return opened;
}

type Names = StoreNames<Schema>[];

/** One transaction, all or nothing; over only when it lies on the disk and not in the disk's memory. */
export async function write<T>(
  names: Names,
  work: (to: IDBPTransaction<Schema, Names, "readwrite">) => Promise<T> | T,
): Promise<T> {
  const to = (await store()).transaction(names, "readwrite", { durability: "strict" });
  // Told by its end below; a second promise that fails unheard would be noise.
  to.done.catch(() => undefined);
  try {
    const came = await work(to);
    await to.done;
    return came;
  } catch (failure) {
    try {
      to.abort();
    } catch {
      // It has ended by itself already.
    }
    throw to.error ?? failure;
  }
}

/** Whether a failure means that the phone is full. */
export function isFull(failure: unknown): boolean {
  return failure instanceof DOMException && (failure.name === "QuotaExceededError" || failure.name === "UnknownError");
}

export async function reports(): Promise<Report[]> {
  const found = await (await store()).getAll("reports");
  return found.sort((one, other) => (one.written_at < other.written_at ? -1 : 1));
}

export async function drafts(): Promise<Draft[]> {
  const found = await (await store()).getAll("drafts");
  return found.sort((one, other) => (one.touched_at < other.touched_at ? 1 : -1));
}

export async function photosOf(id: string): Promise<Photo[]> {
  return (await store()).getAllFromIndex("photos", "of", id);
}

export async function kept<T>(name: string): Promise<T | null> {
  return ((await (await store()).get("kept", name)) as T | undefined) ?? null;
}

export async function keep(name: string, value: unknown): Promise<void> {
  await write(["kept"], (to) => to.objectStore("kept").put(value, name));
}

/** Take a draft or report away with its photographs, for good. */
export async function drop(id: string): Promise<void> {
  await write(["drafts", "reports", "photos"], async (to) => {
    await to.objectStore("drafts").delete(id);
    await to.objectStore("reports").delete(id);
    const photos = to.objectStore("photos");
    for (const key of await photos.index("of").getAllKeys(id)) await photos.delete(key);
  });
}

/** Forget everything: the store itself goes. */
export async function wipe(): Promise<void> {
  (await store()).close();
  opened = null;
  await new Promise<void>((resolve, reject) => {
    const asked = indexedDB.deleteDatabase(NAME);
    asked.onsuccess = () => resolve();
    asked.onerror = () => reject(asked.error ?? new Error("not deleted"));
    // Other tabs close theirs when they are told (`blocking`); then it goes on by itself.
  });
}

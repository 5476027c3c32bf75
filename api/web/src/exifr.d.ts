// The small build has no words of its own about its types; this is all of it that is used here.
declare module "exifr/dist/lite.esm.mjs" {
  export function parse(file: Blob, options: Record<string, unknown>): Promise<Record<string, unknown> | undefined>;
}

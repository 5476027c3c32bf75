// The icon of the field page, drawn here: a pin over a town's ground, as SVG and, for phones, as PNG.
import { deflateSync } from "node:zlib";

const DEEP = [0, 82, 127];
const WHITE = [255, 255, 255];
const SUN = [240, 180, 0];

/** The icon as SVG, in the same shapes as the pictures. */
export const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">
<rect width="100" height="100" rx="20" fill="#00527f"/>
<path d="M50 84 29.2 51.6a24 24 0 1 1 41.6 0z" fill="#fff"/><circle cx="50" cy="40" r="10.5" fill="#f0b400"/>
</svg>
`;

/** The icon as PNG, `side` pixels square; a maskable one fills its corners and keeps its drawing in the middle. */
export function png(side, { maskable = false } = {}) {
  const fine = 4;
  const rows = Buffer.alloc(side * (side * 4 + 1));
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const sum = [0, 0, 0, 0];
      for (let part = 0; part < fine * fine; part++) {
        const at = (offset) => (offset + 0.5) / fine;
        const color = colorAt(((x + at(part % fine)) / side) * 100, ((y + at(Math.floor(part / fine))) / side) * 100, maskable);
        if (!color) continue;
        color.forEach((value, channel) => (sum[channel] += value));
        sum[3] += 1;
      }
      const to = y * (side * 4 + 1) + 1 + x * 4;
      for (let channel = 0; channel < 3; channel++) rows[to + channel] = sum[3] ? Math.round(sum[channel] / sum[3]) : 0;
      rows[to + 3] = Math.round((sum[3] / (fine * fine)) * 255);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

function colorAt(x, y, maskable) {
  if (!maskable && !inRounded(x, y, 20)) return null;
  const scale = maskable ? 0.8 : 1;
  const [u, v] = [(x - 50) / scale + 50, (y - 50) / scale + 50];
  if (Math.hypot(u - 50, v - 40) <= 10.5) return SUN;
  return inPin(u, v) ? WHITE : DEEP;
}

function inRounded(x, y, radius) {
  const dx = Math.max(radius - x, 0, x - (100 - radius));
  const dy = Math.max(radius - y, 0, y - (100 - radius));
  return Math.hypot(dx, dy) <= radius;
}

function inPin(x, y) {
  if (Math.hypot(x - 50, y - 39.6) <= 24) return true;
  if (y < 51.6 || y > 84) return false;
  return Math.abs(x - 50) <= (20.8 * (84 - y)) / 32.4;
}

function chunk(name, data) {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc(body));
  return Buffer.concat([size, body, sum]);
}

function crc(bytes) {
  let found = 0xffffffff;
  for (const byte of bytes) {
    found ^= byte;
    for (let bit = 0; bit < 8; bit++) found = found & 1 ? (found >>> 1) ^ 0xedb88320 : found >>> 1;
  }
  return (found ^ 0xffffffff) >>> 0;
}

// Small pictures without a drawing library: hills under an evening sky, in the colours that a seed gives.
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const out = Buffer.alloc(8 + body.length);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), 4 + body.length);
  return out;
}

const RGB = 2;
const INDEXED = 3;

/** A PNG of 8 bits; `point(x, y)` gives what stands for each: [red, green, blue], or [place in the palette] where there is one. */
export function png(width, height, point, palette = null) {
  const rows = Buffer.alloc(height * (1 + width * (palette ? 1 : 3)));
  for (let y = 0, at = 0; y < height; y += 1) {
    rows[at++] = 0;
    for (let x = 0; x < width; x += 1) for (const part of point(x, y)) rows[at++] = part;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, palette ? INDEXED : RGB, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE, chunk('IHDR', header), ...(palette ? [chunk('PLTE', Buffer.from(palette.flat()))] : []), chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const mix = (from, to, share) => from.map((part, at) => Math.round(part + (to[at] - part) * share));

/** Hills; the same seed is the same picture. */
export function landscape(seed, width = 300, height = 196) {
  const sky = [[246, 196, 150], [238, 150, 140], [170, 205, 226], [214, 190, 232]][seed % 4];
  const hill = [[18, 92, 88], [52, 78, 110], [34, 96, 62], [88, 66, 108]][seed % 4];
  const ridge = (x, nth) => height * (0.45 + nth * 0.16) + Math.sin(x / (44 - nth * 7) + seed * 2 + nth * 1.7) * (16 - nth * 3);
  return png(width, height, (x, y) => {
    for (const nth of [2, 1, 0]) if (y > ridge(x, nth)) return mix(hill, sky, 0.5 - nth * 0.2);
    const sun = Math.hypot(x - width * 0.7, y - height * 0.28) < height * 0.09;
    return sun ? [255, 240, 214] : mix([250, 244, 236], sky, Math.round((y / height) * 8) / 8);
  });
}

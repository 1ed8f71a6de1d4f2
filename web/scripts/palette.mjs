// Pictures of pages with 256 colours: half the bytes, and nobody sees it, because pages have few colours that are not edges of letters.
import { png } from '../test/e2e/png.mjs';

const COLOURS = 256;

/** The same picture with a palette. `page` is any page of a browser, which reads the picture for us. */
export async function withPalette(page, picture) {
  const { width, height, base64 } = await page.evaluate(pixelsOf, picture.toString('base64'));
  const pixels = Buffer.from(base64, 'base64');
  const counts = new Map();
  for (let at = 0; at < pixels.length; at += 4) {
    const colour = pixels.readUIntBE(at, 3);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const { palette, places } = chosen([...counts]);
  return png(width, height, (x, y) => places.get(pixels.readUIntBE((y * width + x) * 4, 3)), palette);
}

const parts = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];

/** Each next colour is the one whose points are worst off with those before; so rare colours that are far from all others have a place too. */
function chosen(counts) {
  const left = counts.map(([colour, count]) => ({ colour, parts: parts(colour), count, gap: Infinity, place: 0 }));
  const palette = [];
  for (let next = left.reduce((one, other) => (other.count > one.count ? other : one)); next && palette.length < COLOURS;) {
    const place = palette.push(next.parts) - 1;
    let worst = 0;
    next = null;
    for (const one of left) {
      const gap = distance(one.parts, palette[place]);
      if (gap < one.gap) Object.assign(one, { gap, place });
      if (one.gap * one.count > worst) { worst = one.gap * one.count; next = one; }
    }
  }
  return { palette, places: new Map(left.map(({ colour, place }) => [colour, [place]])) };
}

const distance = (one, other) => (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2;

/** In the page: the red, green, blue and alpha of each point. */
async function pixelsOf(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  canvas.drawImage(bitmap, 0, 0);
  const { data, width, height } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
  let text = '';
  for (let at = 0; at < data.length; at += 8_192) text += String.fromCharCode(...data.subarray(at, at + 8_192));
  return { width, height, base64: btoa(text) };
}

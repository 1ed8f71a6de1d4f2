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
  const palette = [...counts].sort(([, one], [, other]) => other - one).slice(0, COLOURS).map(([colour]) => [colour >> 16, (colour >> 8) & 255, colour & 255]);
  const places = new Map([...counts.keys()].map((colour) => [colour, [nearest(palette, colour)]]));
  return png(width, height, (x, y) => places.get(pixels.readUIntBE((y * width + x) * 4, 3)), palette);
}

function nearest(palette, colour) {
  const distance = ([red, green, blue]) => (red - (colour >> 16)) ** 2 + (green - ((colour >> 8) & 255)) ** 2 + (blue - (colour & 255)) ** 2;
  let best = 0;
  for (let at = 1; at < palette.length; at += 1) if (distance(palette[at]) < distance(palette[best])) best = at;
  return best;
}

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

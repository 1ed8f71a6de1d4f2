// Pictures before they are sent: large ones are made smaller, so that a photo of a phone is there in seconds.

import type { MediaKind } from './protocol';

/** The longer side of a sent picture, in pixels. */
const SIDE_PX_MAX = 2_560;
const QUALITY = 0.88;
const SHRUNK = new Set(['image/jpeg', 'image/png', 'image/webp']);

/** A file as it goes; what calls itself a picture and is none goes as a file. */
export async function prepared(file: File): Promise<{ blob: File | Blob; kind?: MediaKind }> {
  if (!SHRUNK.has(file.type)) return { blob: file };
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return { blob: file, kind: 'file' };
  const scale = SIDE_PX_MAX / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) {
    bitmap.close();
    return { blob: file };
  }
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await canvas.convertToBlob({ type: file.type, quality: QUALITY });
  return { blob: new File([blob], file.name, { type: blob.type }) };
}

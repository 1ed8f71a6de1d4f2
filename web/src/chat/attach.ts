// What can be sent besides words. Large pictures are made smaller, before they go, so that a photo of a phone is there in seconds.

import { actions, type MediaKind } from '../core';
import type { Pane } from './pane';

/** The longer side of a sent picture, in pixels. */
const SIDE_PX_MAX = 2_560;
const QUALITY = 0.88;
const SHRUNK = new Set(['image/jpeg', 'image/png', 'image/webp']);

/** Sends files one after the other, as answers to what is answered. */
export async function sendFiles({ view, thread, replying }: Pane, files: readonly File[]): Promise<void> {
  const caption = { text: '', reply_to: replying.peek()?.seq ?? null };
  for (const file of files) {
    const { blob, kind } = await prepared(file);
    await actions.sendFile({ conversation: view.id }, blob, { name: file.name, caption, ...(kind ? { kind } : {}) });
  }
  replying.value = null;
  void thread.jump('newest');
}

async function prepared(file: File): Promise<{ blob: File | Blob; kind?: MediaKind }> {
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

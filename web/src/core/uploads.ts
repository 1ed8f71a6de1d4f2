// Resumable uploads: a file goes in pieces, and after whatever broke it goes on where the server says it stands.

import type { Key, MediaInfo } from './protocol';
import type { Upload } from './model';
import { ask } from './api';
import { Problem, problemOf } from './problem';

/** One piece. Small enough that a broken connection loses little. */
export const PIECE_BYTES = 1024 * 1024;
const PIECE_PATIENCE_MS = 120_000;
/** Tries of a piece one after another before the upload waits for the outbox's next turn. */
const TRIES = 3;

interface State {
  id: string;
  bytes: number;
  offset: number;
  media?: MediaInfo;
}

export interface Uploading {
  /** Beginning again with the same key gives the same upload. */
  key: Key;
  signal?: AbortSignal;
  /** The upload has an id now; written down, a reloaded page goes on with it. */
  begun?(id: string): Promise<void>;
  progress?(fraction: number): void;
}

export async function uploadFile(file: Upload, { key, signal, begun, progress }: Uploading): Promise<MediaInfo> {
  const asked = signal ? { signal } : {};
  let state = await stateOf(file, key, asked);
  if (state.id !== file.id) await begun?.(state.id);
  let tries = 0;
  while (!state.media) {
    progress?.(state.offset / state.bytes);
    try {
      state = await ask<State>('PATCH', `/uploads/${state.id}`, {
        ...asked,
        raw: file.blob.slice(state.offset, state.offset + PIECE_BYTES),
        headers: { 'Upload-Offset': String(state.offset), 'Content-Type': 'application/octet-stream' },
        patienceMs: PIECE_PATIENCE_MS,
      });
      tries = 0;
    } catch (error) {
      const problem = problemOf(error);
      if (signal?.aborted) throw new Problem('given_up', 'The upload was stopped.');
      tries += 1;
      if (tries >= TRIES || !['offline', 'timeout', 'conflict', 'invalid'].includes(problem.code)) throw problem;
      state = await ask<State>('GET', `/uploads/${state.id}`, asked);
    }
  }
  progress?.(1);
  return state.media;
}

/** Where an upload stands: one that was begun and is still there, else a new one. */
async function stateOf(file: Upload, key: Key, asked: { signal?: AbortSignal }): Promise<State> {
  if (file.id) {
    try {
      return await ask<State>('GET', `/uploads/${file.id}`, asked);
    } catch (error) {
      if (problemOf(error).code !== 'not_found') throw error;
    }
  }
  return ask<State>('POST', '/uploads', { ...asked, key, body: { name: file.name, bytes: file.blob.size } });
}

// REST under a session's token: logging in and files. Everything else goes over the socket.

import type { MediaInfo, Timestamp, UserId } from '../../../web/src/core/protocol';
import { Problem } from '../../../web/src/core/problem';

const ROOT = '/api/v1';
const PATIENCE_MS = 60_000;
/** One piece of an upload. Small enough that a broken connection loses little. */
const PIECE_BYTES = 1 << 20;
/** Tries of one request, one after another. */
const TRIES = 6;
const AGAIN = new Set(['offline', 'timeout', 'overloaded', 'rate_limited', 'unavailable']);

export interface Asked {
  body?: unknown;
  raw?: Blob;
  headers?: Record<string, string>;
  key?: string;
  /** How often it is tried. */
  tries?: number;
}

export interface Opened {
  token: string;
  user: UserId;
  time: Timestamp;
}

interface UploadState {
  id: string;
  bytes: number;
  offset: number;
  media?: MediaInfo;
}

export class Rest {
  constructor(
    private readonly base: string,
    private readonly token: () => string | null,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /** One request, tried again while it is not known what became of it. Gives the JSON of the answer, or throws a `Problem`. */
  async ask<T>(method: string, path: string, asked: Asked = {}): Promise<T> {
    const response = await this.request(method, path, asked);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  /** A file. */
  async download(path: string): Promise<Blob> {
    return (await this.request('GET', path, {})).blob();
  }

  /** Uploads a file in pieces and goes on where it stopped. The same key is the same upload. */
  async upload(name: string, blob: Blob, key: string): Promise<MediaInfo> {
    let state = await this.ask<UploadState>('POST', '/uploads', { body: { name, bytes: blob.size }, key });
    for (let tried = 0; !state.media; ) {
      const path = `/uploads/${state.id}`;
      try {
        const raw = blob.slice(state.offset, state.offset + PIECE_BYTES);
        state = await this.ask('PATCH', path, { raw, headers: { 'Upload-Offset': String(state.offset) } });
        tried = 0;
      } catch (error) {
        // What was sent before a break may have come further than was heard of.
        tried += 1;
        if (tried === TRIES || !(error instanceof Problem) || !['conflict', 'invalid'].includes(error.code)) throw error;
        state = await this.ask('GET', path);
      }
    }
    return state.media;
  }

  private async request(method: string, path: string, asked: Asked): Promise<Response> {
    const tries = asked.tries ?? TRIES;
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.once(method, path, asked);
      } catch (error) {
        const again = error instanceof Problem && AGAIN.has(error.code) && tried < tries;
        if (!again) throw error;
        const wait = Math.max(error.retryAfterMs ?? 0, Math.min(4_000, 250 * 2 ** tried));
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  private async once(method: string, path: string, { body, raw, headers, key }: Asked): Promise<Response> {
    const given: Record<string, string> = { Accept: 'application/json', ...headers };
    const token = this.token();
    if (token !== null) given['Authorization'] = `Bearer ${token}`;
    if (key !== undefined) given['Idempotency-Key'] = key;
    const init: RequestInit = { method, headers: given, credentials: 'omit', signal: AbortSignal.timeout(PATIENCE_MS) };
    if (raw !== undefined) {
      given['Content-Type'] = 'application/octet-stream';
      init.body = raw;
    } else if (body !== undefined) {
      given['Content-Type'] = 'application/json';
      init.body = JSON.stringify(body);
    }
    let response: Response;
    try {
      response = await this.fetch(this.base + ROOT + path, init);
    } catch (error) {
      throw new Problem('offline', `The server cannot be reached: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

async function refusal(response: Response): Promise<Problem> {
  try {
    const { code, detail, retry_after_ms } = (await response.json()) as { code: Problem['code']; detail?: string; retry_after_ms?: number };
    if (typeof code === 'string') return new Problem(code, detail ?? code, retry_after_ms ?? null, response.status);
  } catch {
    // Not one of the server's: a proxy's page, or nothing.
  }
  return new Problem('unavailable', `The server answered with ${response.status}; try again.`, null, response.status);
}

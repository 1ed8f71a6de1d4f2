// REST, with the browser session's cookie where nothing else is said. What has no command on the socket goes this way: logging in, accounts, files,
// administration.

import type { Code, MediaId } from './protocol';
import { Problem } from './problem';

const ROOT = '/api/v1';
/** A request that is not answered by then is given up; it can be repeated. */
const PATIENCE_MS = 20_000;

/** Who asks. The cookie says it; a page that has none (the widget's) puts its token here. */
export const caller: { credentials: RequestCredentials; headers: Record<string, string> } = { credentials: 'same-origin', headers: {} };

/** The address of a file, for `<img src>`, `<video src>` and downloads. */
export const mediaUrl = (media: MediaId): string => `${ROOT}/media/${media}/content`;
/** The address of the small picture of a picture (480 pixels at most). */
export const thumbnailUrl = (media: MediaId): string => `${ROOT}/media/${media}/thumbnail`;

export interface Asked {
  body?: unknown;
  key?: string;
  headers?: Record<string, string>;
  raw?: Blob;
  signal?: AbortSignal;
  patienceMs?: number;
}

/** One request. Gives the JSON of the answer (nothing for 204), or throws a `Problem`. */
export async function ask<T>(method: string, path: string, asked?: Asked): Promise<T> {
  const response = await request(method, path, asked);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** One request whose answer is read by whoever asks; the patience is for all of it. Throws a `Problem` when it is refused. */
export async function request(method: string, path: string, asked: Asked = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', ...caller.headers, ...asked.headers };
  if (asked.body !== undefined) headers['Content-Type'] = 'application/json';
  if (asked.key !== undefined) headers['Idempotency-Key'] = asked.key;
  const timeout = AbortSignal.timeout(asked.patienceMs ?? PATIENCE_MS);
  const init: RequestInit = {
    method,
    headers,
    credentials: caller.credentials,
    cache: 'no-store',
    signal: asked.signal ? AbortSignal.any([asked.signal, timeout]) : timeout,
  };
  if (asked.raw) init.body = asked.raw;
  else if (asked.body !== undefined) init.body = JSON.stringify(asked.body);
  let response: Response;
  try {
    response = await fetch(ROOT + path, init);
  } catch {
    if (timeout.aborted) throw new Problem('timeout', 'The server did not answer in time; try again.');
    throw new Problem('offline', 'The server cannot be reached; try again.');
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response: Response): Promise<Problem> {
  try {
    const { code, detail, retry_after_ms } = (await response.json()) as {
      code: Code; detail?: string; retry_after_ms?: number;
    };
    if (typeof code === 'string') return new Problem(code, detail ?? code, retry_after_ms ?? null, response.status);
  } catch {
    // Not one of ours: a proxy's page, or nothing.
  }
  const code = response.status === 401 ? 'unauthenticated' : response.status === 404 ? 'not_found' : 'unavailable';
  return new Problem(code, `The server answered with ${response.status}; try again.`, null, response.status);
}

/** A query of what is there; what is undefined or null is left out. */
export function queryOf(fields: Record<string, string | number | boolean | null | undefined>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0 ? '' : '?' + new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

// REST with the session's token, which this page keeps in memory. No cookie goes along: one of the browser's own would be somebody else's.

import { Problem } from '../core/problem';
import type { Code } from '../core/protocol';

const PATIENCE_MS = 20_000;

export async function request(method: string, path: string, token: string | null, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const init: RequestInit = { method, headers, credentials: 'omit', cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) };
  if (body !== undefined) init.body = JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, init);
  } catch (error) {
    throw new Problem('offline', error instanceof Error ? error.message : String(error));
  }
  if (response.ok) return response;
  const { code, detail, retry_after_ms } = (await response.json().catch(() => ({}))) as { code?: Code; detail?: string; retry_after_ms?: number };
  throw new Problem(code ?? 'unavailable', detail ?? `The server answered with ${response.status}; try again.`, retry_after_ms ?? null, response.status);
}

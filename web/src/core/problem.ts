// Everything that can go wrong, in one shape: what the server refused, and what did not reach it.

import type { Code } from './protocol';

/** What only a client can know: that nothing came back. */
export type ClientCode = 'offline' | 'timeout' | 'given_up' | 'upload' | 'storage';

/**
 * Why something did not work. `code` is for programs (and to choose a translation), `message` is the server's sentence, which says
 * what is wrong and what to do.
 */
export class Problem extends Error {
  readonly code: Code | ClientCode;
  readonly retryAfterMs: number | null;
  /** The HTTP status, when it came by REST. */
  readonly status: number | null;

  constructor(code: Code | ClientCode, message: string, retryAfterMs: number | null = null, status: number | null = null) {
    super(message);
    this.name = 'Problem';
    this.code = code;
    this.retryAfterMs = retryAfterMs;
    this.status = status;
  }
}

/** Anything that was thrown, as a problem. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('unavailable', error instanceof Error ? error.message : String(error));
}

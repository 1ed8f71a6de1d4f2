// What an assistant does for one reader, as a stream of events that belongs to one request and is kept nowhere.

import { request } from './api';
import { Problem } from './problem';

interface Hears {
  signal: AbortSignal;
  piece(text: string): void;
}

/** No task takes longer. */
const TASK_MS = 600_000;

/** Gives what went wrong in words, or nothing. Rejects with a `Problem` when it could not begin, or broke off. */
export async function streamTask(assistant: string, body: object, { signal, piece }: Hears): Promise<string | null> {
  const headers = { Accept: 'text/event-stream, application/problem+json' };
  const response = await request('POST', `/assistants/${encodeURIComponent(assistant)}/tasks`, { body, headers, signal, patienceMs: TASK_MS });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let held = '';
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) throw new Problem('unavailable', 'The answer broke off in the middle. Try again.');
      const events = (held + value).replaceAll('\r\n', '\n').split('\n\n');
      held = events.pop() ?? '';
      for (const event of events) {
        const fields = event.split('\n');
        const data = fields.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart()).join('\n');
        if (!data) continue;
        const told = JSON.parse(data) as { text?: string; problem?: string | null };
        if (fields.some((line) => /^event: ?end$/.test(line))) return told.problem ?? null;
        if (told.text) piece(told.text);
      }
    }
  } finally {
    // Nobody reads on: the server need not write on. A stream that failed has no more to cancel.
    void reader?.cancel().catch(() => undefined);
  }
}

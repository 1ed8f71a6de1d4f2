// What an assistant does for one reader, as a stream of events that belongs to one request and is kept nowhere.

import { Problem } from './problem';

interface Hears {
  signal: AbortSignal;
  piece(text: string): void;
}

/** Gives what went wrong in words, or nothing. Rejects with a `Problem` when it could not begin. */
export async function streamTask(assistant: string, body: object, { signal, piece }: Hears): Promise<string | null> {
  const response = await fetch(`/api/v1/assistants/${encodeURIComponent(assistant)}/tasks`, {
    method: 'POST', credentials: 'same-origin', cache: 'no-store', signal, body: JSON.stringify(body),
    headers: { Accept: 'text/event-stream, application/problem+json', 'Content-Type': 'application/json' },
  });
  if (!response.ok || !response.body) {
    const { code, detail } = (await response.json().catch(() => ({}))) as { code?: Problem['code']; detail?: string };
    throw new Problem(code ?? 'unavailable', detail ?? `The server answered with ${response.status}; try again.`, null, response.status);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return null;
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
}

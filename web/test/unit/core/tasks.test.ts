// What an assistant does for one reader comes as a stream of events.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { streamTask } from '../../../src/core/tasks';

let cancelled = false;

/** The server answers so, in pieces. `open`: it would go on. */
function answers(pieces: string[], { open = false } = {}): void {
  cancelled = false;
  const body = new ReadableStream({
    start(to) {
      for (const piece of pieces) to.enqueue(new TextEncoder().encode(piece));
      if (!open) to.close();
    },
    cancel() { cancelled = true; },
  });
  vi.stubGlobal('fetch', async () => new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }));
}

async function run(): Promise<{ text: string; problem: string | null }> {
  let text = '';
  const problem = await streamTask('parrot', {}, { signal: new AbortController().signal, piece: (more) => { text += more; } });
  return { text, problem };
}

describe('a task', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is heard piece by piece, wherever the pieces are cut', async () => {
    answers(['data: {"text":"We m', 'eet"}\r\n\r\ndata: {"text":" at eight."}\n\n', 'event: end\ndata: {"problem":null}\n\n']);
    expect(await run()).toEqual({ text: 'We meet at eight.', problem: null });
  });

  it('says what went wrong at its end, and is not read any further', async () => {
    answers(['event: end\ndata: {"problem":"Out of seeds."}\n\n'], { open: true });
    expect(await run()).toEqual({ text: '', problem: 'Out of seeds.' });
    await vi.waitFor(() => expect(cancelled).toBe(true));
  });

  // It counted as done, with half of the words.
  it('that ends without its end broke off', async () => {
    answers(['data: {"text":"We m"}\n\n']);
    await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('that is refused says so in the words of the server', async () => {
    vi.stubGlobal('fetch', async () => new Response('{"code":"busy","detail":"Too many.","retry_after_ms":500}', { status: 429 }));
    await expect(run()).rejects.toMatchObject({ code: 'busy', message: 'Too many.', retryAfterMs: 500, status: 429 });
  });
});

import { useEffect, useState } from 'preact/hooks';
import { admin } from '../core';
import type { StatusHistory } from '../core/admin';

/** As often as the server takes a sample. */
const EVERY_MS = 10_000;
/** An hour of them, as the server keeps. */
const SAMPLES_MAX = 360;

type Column = Exclude<keyof StatusHistory, 'every_ms'>;
const COLUMNS: readonly Column[] = ['at', 'connections', 'commands_per_second', 'commit_p99_us', 'commands_queued', 'queued_bytes', 'file_bytes'];

/** What came later behind what is there. What is there already is not taken again. */
export function joined(held: StatusHistory, more: StatusHistory): StatusHistory {
  const last = held.at.at(-1) ?? -Infinity;
  const first = more.at.findIndex((at) => at > last);
  const next = { ...more };
  for (const name of COLUMNS) next[name] = [...held[name], ...(first < 0 ? [] : more[name].slice(first))].slice(-SAMPLES_MAX);
  return next;
}

/** Does it, but not while it is under way. */
export function oneAtATime(doing: () => Promise<void>): () => Promise<void> {
  let under: Promise<void> | null = null;
  return () => (under ??= doing().finally(() => { under = null; }));
}

/** How the server was in the last hour; what is new is asked for while somebody looks. */
export function useHistory(live: boolean): { history: StatusHistory | null; problem: unknown; again: () => void } {
  const [history, setHistory] = useState<StatusHistory | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let held: StatusHistory | null = history;
    let over = false;
    const ask = oneAtATime(async () => {
      try {
        const more = await admin.statusHistory(held?.at.at(-1));
        if (over) return;
        held = held ? joined(held, more) : more;
        setHistory(held);
        setProblem(null);
      } catch (error) {
        if (!over) setProblem(error);
      }
    });
    if (live || !held) void ask();
    const timer = live ? setInterval(() => {
      if (document.visibilityState === 'visible') void ask();
    }, EVERY_MS) : undefined;
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [live, attempt]);
  return { history, problem, again: () => setAttempt((count) => count + 1) };
}

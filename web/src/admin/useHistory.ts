import { useEffect, useState } from 'preact/hooks';
import { admin } from '../core';
import type { StatusHistory } from '../core/admin';

/** As often as the server takes a sample. */
const EVERY_MS = 10_000;
/** An hour of them, as the server keeps. */
const SAMPLES_MAX = 360;

type Column = Exclude<keyof StatusHistory, 'every_ms'>;
const COLUMNS: readonly Column[] = ['at', 'connections', 'commands_per_second', 'commit_p99_us', 'commands_queued', 'queued_bytes', 'file_bytes'];

/** What came later behind what is there. */
export function joined(held: StatusHistory, more: StatusHistory): StatusHistory {
  const next = { ...more };
  for (const name of COLUMNS) next[name] = [...held[name], ...more[name]].slice(-SAMPLES_MAX);
  return next;
}

/** How the server was in the last hour; what is new is asked for while somebody looks. */
export function useHistory(live: boolean): { history: StatusHistory | null; problem: unknown; again: () => void } {
  const [history, setHistory] = useState<StatusHistory | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let held: StatusHistory | null = history;
    let over = false;
    const ask = async (): Promise<void> => {
      try {
        const more = await admin.statusHistory(held?.at.at(-1));
        if (over) return;
        held = held ? joined(held, more) : more;
        setHistory(held);
        setProblem(null);
      } catch (error) {
        if (!over) setProblem(error);
      }
    };
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

import { useCallback, useEffect, useState } from 'preact/hooks';
import { wordsOf } from './problems';

/** Asks for something when a page is shown and again with `retry`; `problem` says in words why it did not come. */
export function useLoad(load: () => Promise<unknown>, when: readonly unknown[] = []): { problem: string | null; retry: () => void } {
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    setProblem(null);
    load().catch((error: unknown) => {
      if (current) setProblem(wordsOf(error));
    });
    return () => {
      current = false;
    };
  }, [attempt, ...when]);
  return { problem, retry: useCallback(() => setAttempt((count) => count + 1), []) };
}

/** One thing at a time: `busy` while it is on its way, `run` gives whether it worked, `problem` why not. */
export function useDoing(): { busy: boolean; problem: string | null; run: (act: () => Promise<unknown>) => Promise<boolean> } {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async (act: () => Promise<unknown>): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setProblem(null);
    try {
      await act();
      return true;
    } catch (error) {
      setProblem(wordsOf(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run };
}

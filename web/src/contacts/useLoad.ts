import { useCallback, useEffect, useState } from 'preact/hooks';
import { store } from '../core';

/** The words for it come when something fails; without a network, in the words of whoever refused. */
const wordsFor = (error: unknown): Promise<string> =>
  import('./problems').then(({ wordsOf }) => wordsOf(error), () => (error instanceof Error ? error.message : String(error)));

/**
 * Asks for something when a page is shown, again with `retry` and when the connection is back; `problem` says in words why it did not
 * come. What is asked while a connection is being made could only fail, so it waits.
 */
export function useLoad(load: () => Promise<unknown>, when: readonly unknown[] = []): { problem: string | null; retry: () => void } {
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const { state } = store.connection.value;
  useEffect(() => {
    if (state === 'connecting') return undefined;
    let current = true;
    setProblem(null);
    load().catch(async (error: unknown) => {
      const words = await wordsFor(error);
      if (current) setProblem(words);
    });
    return () => {
      current = false;
    };
  }, [state, attempt, ...when]);
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
      setProblem(await wordsFor(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run };
}

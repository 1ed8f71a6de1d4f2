import { useEffect, useState } from 'preact/hooks';
import { toastError } from '../ui';

/** One thing at a time: `busy` while it is on its way, `run` gives whether it worked, `problem` what it failed with. */
export function useDoing(): { busy: boolean; problem: unknown; run: (act: () => Promise<unknown>) => Promise<boolean> } {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const run = async (act: () => Promise<unknown>): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setProblem(null);
    try {
      await act();
      return true;
    } catch (error) {
      setProblem(error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run };
}

/** Asks when the page is shown, when `when` changes and with `again`. What came before stays while it asks again. */
export function useAsked<T>(ask: () => Promise<T>, when: readonly unknown[] = []): { value: T | null; problem: unknown; again: () => void; set: (value: T) => void } {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    ask().then(
      (come) => {
        if (!current) return;
        setValue(come);
        setProblem(null);
      },
      (error: unknown) => {
        if (current) setProblem(error);
      },
    );
    return () => {
      current = false;
    };
  }, [attempt, ...when]);
  return { value, problem, again: () => setAttempt((count) => count + 1), set: setValue };
}

/** Says that a change was refused, and draws again: the control goes back to what the server has. */
export function useRefused(): (error: unknown) => void {
  const [, setCount] = useState(0);
  return (error) => {
    toastError(error);
    setCount((count) => count + 1);
  };
}

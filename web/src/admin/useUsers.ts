import { useEffect, useState } from 'preact/hooks';
import { admin } from '../core';
import type { AccountInfo } from '../core/admin';

/** Typing is over after this pause. */
const PAUSE_MS = 250;

export interface Users {
  /** None until the first page came. */
  users: readonly AccountInfo[] | null;
  more: boolean;
  busy: boolean;
  problem: unknown;
  loadMore: () => void;
  again: () => void;
  /** Takes over what is known of one: after a change. */
  put: (user: AccountInfo) => void;
}

/** The accounts whose id begins with `prefix`, a page at a time. */
export function useUsers(prefix: string): Users {
  const [users, setUsers] = useState<readonly AccountInfo[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const begin = prefix.trim().replace(/^@/, '');
  const load = async (after: string | null, current: () => boolean) => {
    setBusy(true);
    setProblem(null);
    try {
      const page = await admin.users(begin === '' ? { after } : { prefix: begin, after });
      if (!current()) return;
      setUsers((before) => (after === null ? page.users : [...(before ?? []), ...page.users]));
      setNext(page.next ?? null);
    } catch (error) {
      if (current()) setProblem(error);
    } finally {
      if (current()) setBusy(false);
    }
  };
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => void load(null, () => current), begin === '' ? 0 : PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [begin, attempt]);
  return {
    users, busy, problem, more: next !== null,
    loadMore: () => void load(next, () => true),
    again: () => setAttempt((count) => count + 1),
    put: (user) => setUsers((before) => before && before.map((one) => (one.id === user.id ? user : one))),
  };
}

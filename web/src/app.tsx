// Which page is shown: who is logged in decides first, then the address. Whoever is not in gets the log-in under the address they
// asked for, and is where they wanted to be as soon as they are in.

import { useEffect, useState } from 'preact/hooks';
import { door } from './core';
import { loadWords } from './i18n';
import { go, paths, route } from './router';
import { lazy, Loading, Toaster } from './ui';

/** The whole core, running: the log-in does without, everybody who is in needs it. */
export async function running(): Promise<void> {
  (await import('./core/browser')).start();
}

/** The pages of those who are not in. */
export const before = async () => (await Promise.all([import('./auth'), loadWords('log-in')]))[0];
/** The pages without the shell for those who are. */
const within = async () => (await Promise.all([import('./auth/within'), loadWords('log-in'), running()]))[0];

const Before = lazy(async () => ({ default: (await before()).Before }), Patient);
const FirstRun = lazy(async () => ({ default: (await within()).FirstRun }));
const Invited = lazy(async () => ({ default: (await within()).Invited }));
/** The pages of those who are in. */
export const inside = async () => (await Promise.all([import('./shell'), loadWords('chats'), running()]))[0];
const Shell = lazy(async () => ({ default: (await inside()).Shell }));

export function App() {
  return (
    <>
      <Page />
      <Toaster />
    </>
  );
}

function Page() {
  const session = door.session.value;
  const current = route.value;
  const { page } = current;
  const isIn = session.state === 'in';
  useEffect(() => {
    // Pages for those who are not in.
    if (!isIn || (page !== 'login' && page !== 'register' && page !== 'setup')) return;
    const invite = current.page === 'register' ? current.invite : null;
    go(page === 'setup' ? paths.welcome : invite !== null ? paths.invite(invite) : paths.chats, { replace: true });
  }, [isIn, page]);
  const ready = session.state === 'loading' ? page === 'password' : true;

  if (!ready) return <Patient />;
  if (page === 'password' || session.state !== 'in') return <Before />;
  if (page === 'invite') return <Invited code={current.page === 'invite' ? current.code : ''} />;
  if (page === 'welcome') return <FirstRun />;
  return <Shell />;
}

const PATIENCE_MS = 400;

/** Nothing for a moment, then a spinner: most of the time the answer is there before. */
function Patient() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const wait = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(wait);
  }, []);
  return <main style={{ height: '100%' }}>{late && <Loading />}</main>;
}

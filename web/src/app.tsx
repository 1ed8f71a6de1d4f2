// Which page is shown: who is logged in decides first, then the address. Whoever is not in gets the log-in under the address they
// asked for, and is where they wanted to be as soon as they are in.

import { useEffect, useState } from 'preact/hooks';
import { SignedOut, Unreachable } from './auth/Ended';
import { type Arrival, LogIn } from './auth/LogIn';
import { store } from './core';
import { loadWords, t } from './i18n';
import { go, paths, route } from './router';
import { showTitle } from './shell/title';
import { lazy, Loading, Toaster } from './ui';

// What few see, or see once, is no part of the log-in.
const FirstRun = lazy(async () => ({ default: (await import('./auth/seldom')).FirstRun }));
const Invited = lazy(async () => ({ default: (await import('./auth/seldom')).Invited }));
const Register = lazy(async () => ({ default: (await import('./auth/seldom')).Register }));
const SetPassword = lazy(async () => ({ default: (await import('./auth/seldom')).SetPassword }));
const SetUp = lazy(async () => ({ default: (await import('./auth/seldom')).SetUp }));
const Shell = lazy(async () => {
  const [{ Shell: component }] = await Promise.all([import('./shell'), loadWords()]);
  return { default: component };
});

export function App() {
  return (
    <>
      <Page />
      <Toaster />
    </>
  );
}

function Page() {
  const [arrival, setArrival] = useState<Arrival>({});
  const session = store.session.value;
  const { page } = route.value;
  const inside = session.state === 'in';
  useEffect(() => {
    // Pages for those who are not in.
    if (inside && (page === 'login' || page === 'register' || page === 'setup')) go(page === 'setup' ? paths.welcome : paths.chats, { replace: true });
  }, [inside, page]);

  if (page === 'password') return <Outside title={t('auth.newPasswordTitle')}><SetPassword onDone={setArrival} /></Outside>;
  switch (session.state) {
    case 'loading': return <Patient />;
    case 'unreachable': return <Outside title={t('auth.unreachableTitle')}><Unreachable problem={session.problem} /></Outside>;
    case 'setup': return <Outside title={t('auth.setupFirst')}><SetUp /></Outside>;
    case 'kicked': return <Outside title={t('auth.signedOut')}><SignedOut reason={session.reason} by={session.by} /></Outside>;
    case 'out':
      if (page === 'setup') return <Outside title={t('auth.setupFirst')}><SetUp /></Outside>;
      if (page === 'register') return <Outside title={t('auth.register')}><Register /></Outside>;
      return <Outside title={t('auth.title')}><LogIn key={arrival.user} {...arrival} /></Outside>;
    case 'in':
      if (page === 'invite') return <Outside title={t('auth.invited')}><Invited code={route.value.page === 'invite' ? route.value.code : ''} /></Outside>;
      if (page === 'welcome') return <Outside title={t('auth.firstTitle')}><FirstRun /></Outside>;
      return <Shell />;
  }
}

/** A page with a title and no shell. */
function Outside({ title, children }: { title: string; children: preact.ComponentChildren }) {
  useEffect(() => showTitle(title, 0), [title]);
  return <>{children}</>;
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

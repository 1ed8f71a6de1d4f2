// What somebody sees who is not in: the log-in, or why it is not that.

import { useState } from 'preact/hooks';
import { door } from '../core';
import { loadWords } from '../i18n';
import { route } from '../router';
import { lazy } from '../ui';
import { SignedOut, Unreachable } from './Ended';
import { type Arrival, LogIn } from './LogIn';

// What few see, or see once, is no part of the log-in.
const seldom = async () => (await Promise.all([import('./seldom'), loadWords('log-in')]))[0];
const Register = lazy(async () => ({ default: (await seldom()).Register }));
const SetPassword = lazy(async () => ({ default: (await seldom()).SetPassword }));
const SetUp = lazy(async () => ({ default: (await seldom()).SetUp }));

export function Before() {
  const [arrival, setArrival] = useState<Arrival>({});
  const session = door.session.value;
  const { page } = route.value;
  if (page === 'password') return <SetPassword onDone={setArrival} />;
  switch (session.state) {
    case 'loading': case 'in': return null;
    case 'unreachable': return <Unreachable problem={session.problem} />;
    case 'setup': return <SetUp />;
    case 'kicked': return <SignedOut reason={session.reason} by={session.by} />;
    case 'out':
      if (page === 'setup') return <SetUp />;
      if (page === 'register') return <Register />;
      return <LogIn key={arrival.user} {...arrival} />;
  }
}

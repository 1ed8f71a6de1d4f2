// What stands in the frame: a chat, or the list of them; and what there is to say when there is no session.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { To } from '../core/model';
import { Chat } from './Chat';
import css from './Embed.module.css';
import { Face } from './Face';
import { problemWords, t } from './i18n';
import { List } from './List';
import type { Session } from './session';
import { Icon, IconButton, Waiting } from './parts';

/** A connection that comes back sooner is no news. */
const PATIENCE_MS = 2_000;

export function App({ session, hide }: { session: Session; hide: () => void }) {
  const phase = session.phase.value;
  const state = session.state.value;
  const { place, one } = session;
  const to = place.value;
  const back = !one.value && to ? () => { place.value = null; } : null;
  const title = to ? nameOf(session, to) : t('embed.chats');
  let inside: ComponentChildren;
  if (phase.is === 'refused') {
    inside = <Notice title={t('embed.refused')} text={problemWords(phase.problem)} action={t('common.retry')} onAction={() => void session.begin()} alert />;
  } else if (phase.is === 'ended') {
    inside = <Notice title={t('embed.ended')} text={t('embed.endedText')} action={t('embed.again')} onAction={() => void session.begin()} />;
  } else if (!state) inside = <Waiting />;
  else if (to) inside = <Chat key={'user' in to ? to.user : to.conversation} session={session} to={to} />;
  else inside = <List session={session} onOpen={(id) => { place.value = { conversation: id }; }} />;
  return (
    <main class={css.app}>
      <header class={css.head}>
        {back && <IconButton icon="back" label={t('common.back')} onClick={back} />}
        {to ? <Whom session={session} to={to} title={title} /> : <h1>{title}</h1>}
        <IconButton icon="close" label={t('common.close')} onClick={hide} />
      </header>
      <Offline session={session} />
      {inside}
      <Focus session={session} />
    </main>
  );
}

function nameOf(session: Session, to: To): string {
  const state = session.state.value;
  if (!state) return '';
  return 'user' in to ? state.people.person(to.user).value.name : (session.chat(to)?.title.value ?? '');
}

/** Who is at the other side, and whether they are there. */
function Whom({ session, to, title }: { session: Session; to: To; title: string }) {
  const state = session.state.value;
  const meta = session.chat(to)?.meta.value;
  const peer = 'user' in to ? to.user : meta?.kind === 'direct' ? meta.peer : null;
  // The server answers as far as may be seen: once more when the chat has begun.
  const begun = meta !== undefined;
  useEffect(() => {
    if (!state || peer === null) return;
    session.watch([peer]);
    return () => session.watch([]);
  }, [state, peer, begun]);
  const there = peer === null ? null : state?.people.presence(peer).value?.state;
  return (
    <>
      {state && title && <Face session={session} user={peer} chat={meta?.id ?? null} name={title} size={36} presence />}
      <div class={css.whom}>
        <h1 dir="auto">{title || t('embed.title')}</h1>
        {there && there !== 'offline' && <p>{t(there === 'online' ? 'common.online' : 'common.away')}</p>}
      </div>
    </>
  );
}

/** What is shown where nobody is there to speak with. */
export function Nobody() {
  return <main class={css.app}><Notice title={t('embed.notHere')} text={t('embed.notHereText')} /></main>;
}

function Notice({ title, text, action, onAction, alert }: { title: string; text: string; action?: string; onAction?: () => void; alert?: boolean }) {
  return (
    <div class={css.notice} role={alert ? 'alert' : 'status'}>
      <h2>{title}</h2>
      <p>{text}</p>
      {action && <button type="button" class={css.button} onClick={onAction}>{action}</button>}
    </div>
  );
}

/** Says that there is no connection, once that has lasted. */
function Offline({ session }: { session: Session }) {
  const state = session.state.value?.connection.value.state;
  const away = session.phase.value.is === 'starting' ? session.unreached.value : session.phase.value.is === 'running' && state !== 'online';
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (!away) return;
    const wait = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(wait);
  }, [away]);
  return <div role="status">{late && <p class={css.offline}><Icon name="offline" size={16} /> {t('common.noConnection')}</p>}</div>;
}

/** Whoever opens the chat can write at once; where there is no keyboard, none jumps up before somebody wants it. */
function Focus({ session }: { session: Session }) {
  const shown = session.shown.value;
  const ready = session.phase.value.is === 'running' && session.state.value !== null;
  const place = session.place.value;
  const mark = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!shown) return;
    const main = mark.current?.closest('main');
    const wanted = [matchMedia('(hover: hover)').matches ? 'textarea' : '[role="log"]', 'textarea', 'ul button', 'button'];
    wanted.map((selector) => main?.querySelector<HTMLElement>(selector)).find(Boolean)?.focus();
  }, [shown, ready, place]);
  return <span ref={mark} hidden />;
}

// The open conversation: its head, its messages, and where one writes.

import { useEffect, useRef, useState } from 'preact/hooks';
import { actions, store, type ConversationId, type ConversationView, type Seq } from '../core';
import { PresenceWords } from '../contacts/Presence';
import { useLoad } from '../contacts/useLoad';
import { t } from '../i18n';
import { go, paths } from '../router';
import { detailsOpen, searchNext } from '../shell/panes';
import { ErrorState, IconButton, lazy, Loading, Pill } from '../ui';
import { Composer } from './Composer';
import { ChatFace } from './List';
import { Messages } from './Messages';
import { jumpTo, openPane, type Pane } from './pane';
import css from './Thread.module.css';
import { isAssistant, me, nameIn } from './words';

const Models = lazy(() => import('../assistant/Models'), 'nothing');
const Above = lazy(async () => ({ default: (await import('./Above')).Above }));

export function Thread({ conversation, seq }: { conversation: ConversationId; seq: Seq | null }) {
  const view = store.conversation(conversation).value;
  const { problem, retry } = useLoad(() => (view ? Promise.resolve() : actions.loadConversation(conversation)), [conversation]);
  if (view) return <Opened key={view.id} view={view} seq={seq} />;
  return problem ? <ErrorState error={new Error(problem)} onRetry={retry} /> : <Loading />;
}

function Opened({ view, seq }: { view: ConversationView; seq: Seq | null }) {
  const [pane, setPane] = useState<Pane | null>(null);
  const shown = useRef(seq);
  useEffect(() => {
    const made = openPane(view, seq);
    setPane(made);
    if (searchNext.peek()) made.panel.value = 'search';
    searchNext.value = false;
    if (view.meta.peek().kind === 'group' && !view.members.peek()) void actions.loadMembers(view.id).catch(() => undefined);
    if (!view.pins.peek()) void actions.loadPins(view.id).catch(() => undefined);
    return () => made.thread.close();
  }, [view]);
  useEffect(() => {
    if (pane && seq !== null && seq !== shown.current) void jumpTo(pane, seq);
    shown.current = seq;
  }, [pane, seq]);
  useEffect(bringSoon, []);
  if (!pane) return <Loading />;
  const escape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    if (pane.panel.value) pane.panel.value = null;
    else actions.markRead(view.id);
  };
  const find = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'f') return;
    event.preventDefault();
    pane.panel.value = 'search';
  };
  return (
    <section class={css.thread} aria-label={view.title.value} onKeyDown={(event) => { escape(event); find(event); }}>
      <Head pane={pane} />
      <Messages pane={pane} />
      <div class={css.bottom}>
        <Typing view={view} />
        <Composer pane={pane} />
      </div>
      {(pane.panel.value || pane.dialog.value) && <Above pane={pane} />}
    </section>
  );
}

/** What the next click or key may ask for is there before it, once the page has come to rest. */
function bringSoon(): () => void {
  const timer = setTimeout(() => {
    void Promise.allSettled([import('../ui/Menu'), import('./menus')]);
  }, SOON_MS);
  return () => clearTimeout(timer);
}
const SOON_MS = 1_500;

function Head({ pane }: { pane: Pane }) {
  const { view } = pane;
  const { peer, members } = view.meta.value;
  const assistant = isAssistant(view);
  const model = store.assistants.value.find(({ user }) => user === peer)?.model ?? '';
  const pins = view.pins.value?.length ?? 0;
  return (
    <header class={css.head}>
      <span class={css.back}><IconButton icon="back" label={t('common.back')} onClick={() => go(assistant ? paths.assistant() : paths.chats)} /></span>
      <ChatFace view={view} />
      <div class={css.words}>
        <h2>{view.title.value} {peer !== null && store.person(peer).value.kind === 'bot' && <Pill>{t('common.bot')}</Pill>}</h2>
        <p>{assistant ? t('chat.canBeWrong', { model }) : peer === null ? t('chat.members', { count: members }) : peer === me() ? t('chat.note') : <PresenceWords user={peer} />}</p>
      </div>
      {assistant && <Models assistant={peer} />}
      {pins > 0 && <IconButton icon="pin" label={t('chat.pinned', { count: pins })} aria-pressed={pane.panel.value === 'pins'} onClick={() => { pane.panel.value = pane.panel.value === 'pins' ? null : 'pins'; }} />}
      <IconButton icon="search" label={t('chat.searchHere')} aria-pressed={pane.panel.value === 'search'} onClick={() => { pane.panel.value = pane.panel.value === 'search' ? null : 'search'; }} />
      {!assistant && <IconButton icon="info" label={t('chat.details')} aria-expanded={detailsOpen.value} onClick={() => { detailsOpen.value = !detailsOpen.value; }} />}
    </header>
  );
}

function Typing({ view }: { view: ConversationView }) {
  const typing = view.typing.value;
  const [first] = typing;
  return <p class={css.typing}>{first && (typing.length === 1 ? t('chat.typingOne', { name: nameIn(view, first) }) : t('chat.typingMany', { count: typing.length }))}</p>;
}

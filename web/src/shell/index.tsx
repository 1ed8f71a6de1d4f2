// The frame around all pages of somebody who is in: rail | list | page | details on a desk, one pane and a tab bar on a phone.

import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { isAssistant } from '../chat/words';
import { deletedName, store } from '../core';
import { t, withWords } from '../i18n';
import { go, paths, type Route, route, sectionOf } from '../router';
import { Button, cx, Empty, lazy } from '../ui';
import { ConnectionBanner } from './ConnectionBanner';
import { startKeys } from './keys';
import { Rail, TabBar } from './Navigation';
import { detailsOpen, early, overlay } from './panes';
import css from './Shell.module.css';
import { showTitle } from './title';
import { offerUpdates } from './updates';

const ConversationList = lazy(async () => ({ default: (await import('../chat')).ConversationList }));
const Thread = lazy(async () => ({ default: (await import('../chat')).Thread }));
const Details = lazy(async () => ({ default: (await import('../chat/Details')).Details }));
const AssistantList = lazy(async () => ({ default: (await import('../assistant/List')).AssistantList }));
const ContactList = lazy(async () => ({ default: (await withWords(import('../contacts'))).ContactList }));
const ContactsPage = lazy(async () => ({ default: (await withWords(import('../contacts'))).ContactsPage }));
const PersonPage = lazy(async () => ({ default: (await withWords(import('../contacts'))).PersonPage }));
const GroupPage = lazy(async () => ({ default: (await withWords(import('../groups'))).GroupPage }));
const SettingsPage = lazy(async () => ({ default: (await withWords(import('../settings'))).SettingsPage }));
const AdminPage = lazy(async () => ({ default: (await withWords(import('../admin'))).AdminPage }));
const Switcher = lazy(() => import('./Switcher'), 'nothing');
const KeySheet = lazy(() => import('./KeySheet'));

/** What stands where. `pane` is what a phone shows; `immersed` hides its tab bar. */
interface Layout {
  title: string;
  list?: ComponentChildren;
  page: ComponentChildren;
  details?: ComponentChildren;
  pane: 'list' | 'page';
  immersed?: boolean;
}

function conversationLayout(conversation: number, seq: number | null, list: ComponentChildren): Layout {
  return {
    title: store.conversation(conversation).value?.title.value ?? t('common.chats'),
    list,
    page: <Thread key={conversation} conversation={conversation} seq={seq} />,
    details: detailsOpen.value && <Details key={conversation} conversation={conversation} />,
    pane: 'page',
    immersed: true,
  };
}

/** Notifications and links know no difference between chats. */
function listOf(conversation: number) {
  const view = store.conversation(conversation).value;
  return view && isAssistant(view) ? <AssistantList /> : <ConversationList />;
}

function layoutOf(current: Route): Layout {
  switch (current.page) {
    case 'chats':
      if (current.conversation !== null) return conversationLayout(current.conversation, current.seq, listOf(current.conversation));
      return { title: t('common.chats'), list: <ConversationList />, page: <PickChat />, pane: 'list' };
    case 'assistant':
      if (current.conversation !== null) return conversationLayout(current.conversation, null, <AssistantList />);
      return { title: t('common.assistant'), list: <AssistantList />, page: <PickChat />, pane: 'list' };
    case 'contacts':
      return { title: t('common.contacts'), list: <ContactList />, page: <ContactsPage section={current.section} />, pane: current.section === 'people' ? 'list' : 'page' };
    case 'user': return { title: store.person(current.user).value.name, list: <ContactList />, page: <PersonPage key={current.user} user={current.user} />, pane: 'page' };
    case 'group':
      return { title: store.conversation(current.group).value?.title.value ?? t('common.contacts'), list: <ContactList />, page: <GroupPage key={current.group} group={current.group} />, pane: 'page' };
    case 'settings': return { title: t('common.settings'), page: <SettingsPage section={current.section} />, pane: 'page' };
    case 'console': return { title: t('common.console'), page: <AdminPage section={current.section} item={current.item} />, pane: 'page' };
    default: return { title: t('common.notFoundTitle'), page: <NotFound />, pane: 'page' };
  }
}

export function Shell() {
  const current = route.value;
  const layout = layoutOf(current);
  useEffect(startKeys, []);
  useEffect(offerUpdates, []);
  const deleted = t('contacts.deletedUser');
  useEffect(() => { deletedName.value = deleted; }, [deleted]);
  return (
    <div class={cx(css.shell, !layout.list && css.single, Boolean(layout.details) && css.withDetails, layout.immersed && css.immersed)} data-pane={layout.pane}>
      <Title title={layout.title} />
      <a href="#content" class={css.skip} onClick={skip}>{t('common.skipToContent')}</a>
      <Rail section={sectionOf(current)} />
      <div class={css.banner}><ConnectionBanner /></div>
      <main class={css.panes}>
        <h1 class="hidden-text">{layout.title}</h1>
        {layout.list && <div class={css.list}>{layout.list}</div>}
        <div class={css.page} id="content" tabIndex={-1}>{layout.page}</div>
        {layout.details && <div class={css.details}>{layout.details}</div>}
      </main>
      <TabBar section={sectionOf(current)} />
      {overlay.value === 'switcher' && <><Switcher /><Early /></>}
      {overlay.value === 'keys' && <KeySheet />}
    </div>
  );
}

/** Draws nothing: what is unread changes with every message, and the rest of the frame does not. */
function Title({ title }: { title: string }) {
  const { count } = store.attention.value;
  useEffect(() => showTitle(title, count), [title, count]);
  return null;
}

/** To where one writes, if that is there, else to the page. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  const page = document.getElementById('content');
  (page?.querySelector<HTMLElement>('[data-composer]') ?? page)?.focus();
}

/** Takes what is typed before the switcher is there: those letters are not for the page behind it. It gives the focus back at the end. */
function Early() {
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    field.current?.focus();
    return () => {
      early.value = '';
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <input
      class="hidden-text" ref={field} aria-label={t('common.quickTitle')}
      onInput={(event) => { early.value = event.currentTarget.value; }}
      onKeyDown={(event) => { if (event.key === 'Escape') overlay.value = null; }}
    />
  );
}

function PickChat() {
  const key = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘ K' : 'Ctrl K';
  return <Empty icon="chat" title={t('common.pickChat')} text={t('common.pickChatText', { key })} />;
}

function NotFound() {
  return (
    <Empty icon="search" title={t('common.notFoundTitle')} text={t('common.notFoundText')}>
      <Button kind="primary" onClick={() => go(paths.chats)}>{t('common.toChats')}</Button>
    </Empty>
  );
}

// The column of conversations.

import { useEffect, useState } from 'preact/hooks';
import { actions, mediaUrl, store, type ConversationView } from '../core';
import { Face } from '../contacts/Face';
import { t, withWords } from '../i18n';
import { go, linkTo, paths, route } from '../router';
import { overlay } from '../shell/panes';
import { Avatar, Badge, Button, ConfirmDialog, cx, Dot, Empty, Icon, lazy, MentionBadge, MenuButton, openMenu, placeOf, SkeletonRows, Time } from '../ui';
import css from './List.module.css';
import { Ticks } from './Ticks';
import { isAssistant, me, nameIn, previewWords } from './words';

const CreateGroup = lazy(async () => ({ default: (await withWords(import('../groups'))).CreateGroup }));

/** Whose presence the list follows: those at its top. */
const WATCHED_MAX = 100;

export function ConversationList() {
  const [creating, setCreating] = useState(false);
  const [clearing, setClearing] = useState<ConversationView | null>(null);
  const views = store.conversations.value.filter(({ meta }) => meta.value.kind !== 'assistant');
  const peers = views.slice(0, WATCHED_MAX).flatMap((view) => view.meta.value.peer ?? []);
  useEffect(() => (peers.length > 0 ? store.watch(peers) : undefined), [peers.join(' ')]);
  return (
    <>
      <header class={css.head}>
        <h2>{t('common.chats')}</h2>
        <MenuButton
          icon="add"
          label={t('chat.newChat')}
          items={() => [
            { label: t('chat.newGroup'), icon: 'contacts', onSelect: () => setCreating(true) },
            { label: t('chat.addFriend'), icon: 'invite', onSelect: () => go(paths.newFriends) },
            'separator',
            { label: t('chat.markAllRead'), icon: 'checks', onSelect: () => actions.markAllRead() },
          ]}
        />
      </header>
      <button type="button" class={css.search} onClick={() => { overlay.value = 'switcher'; }}>
        <Icon name="search" />
        <span>{t('common.search')}</span>
        <kbd aria-hidden="true">{/Mac|iPhone|iPad/.test(navigator.platform) ? '⌘ K' : 'Ctrl K'}</kbd>
      </button>
      <nav class={css.scroll} aria-label={t('common.chats')}>
        {views.length > 0 ? (
          <ul>{views.map((view) => <ChatRow key={view.id} view={view} onClear={setClearing} />)}</ul>
        ) : store.ready.value ? (
          <Empty icon="chat" title={t('chat.noChats')} text={t('chat.noChatsText')}>
            <Button kind="primary" icon="invite" onClick={() => go(paths.newFriends)}>{t('chat.addFriend')}</Button>
            <Button icon="contacts" onClick={() => setCreating(true)}>{t('chat.newGroup')}</Button>
          </Empty>
        ) : (
          <SkeletonRows />
        )}
      </nav>
      {creating && <CreateGroup onClose={() => setCreating(false)} />}
      {clearing && (
        <ConfirmDialog
          danger
          title={t('chat.deleteHistory')}
          text={t('chat.deleteHistoryText', { title: clearing.title.value })}
          confirm={t('chat.deleteHistory')}
          onConfirm={() => actions.clearHistory(clearing.id)}
          onClose={() => setClearing(null)}
        />
      )}
    </>
  );
}

/** The picture of a conversation: the other one, or the group. */
export function ChatFace({ view, size = 40 }: { view: ConversationView; size?: number }) {
  const { peer } = view.meta.value;
  if (isAssistant(view)) return <Avatar id={peer ?? ''} name="" shape="spark" size={size} />;
  if (peer !== null) return <Face user={peer} size={size} />;
  return <Avatar id={view.id} name={view.title.value} src={view.avatar.value ? mediaUrl(view.avatar.value) : null} size={size} shape="square" />;
}

function ChatRow({ view, path = paths.chat(view.id), onClear }: { view: ConversationView; path?: string; onClear?: (view: ConversationView) => void }) {
  const current = route.value;
  const open = (current.page === 'chats' || current.page === 'assistant') && current.conversation === view.id;
  const last = view.last.value;
  const muted = view.muted.value;
  const unread = view.unread.value;
  const showMenu = (event: MouseEvent & { currentTarget: Element }) => {
    if (!onClear) return;
    event.preventDefault();
    openMenu(placeOf(event), import('./menus').then(({ chatMenu }) => chatMenu(view, onClear)), { label: view.title.peek() });
  };
  return (
    <li class={css.item}>
      <a {...linkTo(path)} class={cx(css.row, view.pinned.value && css.pinned, unread > 0 && css.unread)} aria-current={open ? 'page' : undefined} onContextMenu={showMenu}>
        <ChatFace view={view} />
        <span class={css.text}>
          <span class={css.line}>
            <span class={css.name}>{view.title.value}</span>
            {last && <Time at={last.at} kind="short" />}
          </span>
          <span class={css.line}>
            <span class={css.preview}><Preview view={view} open={open} /></span>
            {muted && <Icon name="bellOff" size={15} label={t('chat.muted')} />}
            {view.mentions.value > 0 && <MentionBadge label={t('chat.mentioned')} />}
            {unread > 0 ? <Badge count={unread} muted={muted} /> : view.markedUnread.value && <Dot label={t('chat.markedUnread')} muted={muted} />}
          </span>
        </span>
      </a>
    </li>
  );
}

function Preview({ view, open }: { view: ConversationView; open: boolean }) {
  const typing = view.typing.value;
  const group = view.meta.value.kind === 'group';
  if (typing.length > 0) {
    const [first] = typing;
    return <span class={css.typing}>{group && first && typing.length === 1 ? t('chat.typingOne', { name: nameIn(view, first) }) : t('chat.typing')}</span>;
  }
  const draft = view.draft.value;
  if (draft && !open && draft.text.trim()) return <><span class={css.draft}>{t('chat.draft')}</span> {draft.text}</>;
  const last = view.last.value;
  if (!last) return null;
  const words = previewWords(view, last);
  if (!last.message || 'recalled' in last.body) return <>{words}</>;
  if (last.author === me()) return <>{last.state && <Ticks state={last.state} />} {words}</>;
  return <>{group ? `${nameIn(view, last.author)}: ${words}` : words}</>;
}

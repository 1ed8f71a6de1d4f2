// The chats with assistants, by day, the newest first.

import { useState } from 'preact/hooks';
import { actions, store, type ConversationView } from '../core';
import { day, t } from '../i18n';
import { go, linkTo, paths, route } from '../router';
import { Badge, Button, ConfirmDialog, cx, Dialog, Empty, Field, IconButton, MenuButton, type MenuItem, openMenu, placeOf, SkeletonRows, toastError } from '../ui';
import css from '../chat/List.module.css';
import { isAssistant } from '../chat/words';
import { assistantItems, begin, chosenAssistant } from './AssistantMenu';

export function AssistantList() {
  const [changing, setChanging] = useState<{ view: ConversationView; what: 'rename' | 'delete' } | null>(null);
  const views = store.conversations.value.filter((view) => isAssistant(view) && !view.meta.value.inbox.gone);
  const assistants = store.assistants.value;
  const [first] = assistants;
  const days = new Map<string, ConversationView[]>();
  for (const view of views) {
    const name = day(view.meta.value.at);
    days.set(name, [...(days.get(name) ?? []), view]);
  }
  return (
    <>
      <header class={css.head}>
        <h2>{t('common.assistant')}</h2>
        {assistants.length === 1 && first && <IconButton icon="add" label={t('chat.newQuestion')} onClick={() => void begin(first.user)} />}
        {assistants.length > 1 && <MenuButton icon="add" label={t('chat.newQuestion')} items={() => assistantItems(chosenAssistant()?.user, (user) => void begin(user))} />}
      </header>
      <nav class={css.scroll} aria-label={t('common.assistant')}>
        {[...days].map(([name, of]) => (
          <section key={name} aria-label={name}>
            <h3 class={css.when}>{name}</h3>
            <ul>{of.map((view) => <Line key={view.id} view={view} onChange={(what) => setChanging({ view, what })} />)}</ul>
          </section>
        ))}
        {views.length === 0 && (!store.ready.value ? <SkeletonRows /> : first ? (
          <Empty icon="spark" title={t('chat.askFirst')} text={t('chat.askFirstText')}><Button kind="primary" icon="add" onClick={() => void begin(chosenAssistant()?.user ?? first.user)}>{t('chat.newQuestion')}</Button></Empty>
        ) : <Empty icon="spark" title={t('chat.noAssistant')} text={t('chat.noAssistantText')} />)}
      </nav>
      {changing?.what === 'rename' && <Rename view={changing.view} onClose={() => setChanging(null)} />}
      {changing?.what === 'delete' && (
        <ConfirmDialog
          danger title={t('chat.deleteChat')} text={t('chat.deleteChatText', { title: changing.view.title.value })} confirm={t('common.delete')}
          onConfirm={async () => { await actions.leave(changing.view.id); go(paths.assistant(), { replace: true }); }} onClose={() => setChanging(null)}
        />
      )}
    </>
  );
}

function Line({ view, onChange }: { view: ConversationView; onChange: (what: 'rename' | 'delete') => void }) {
  const current = route.value;
  const open = (current.page === 'chats' || current.page === 'assistant') && current.conversation === view.id;
  const items = (): MenuItem[] => [
    { label: t('chat.rename'), icon: 'edit', onSelect: () => onChange('rename') },
    { label: t('common.delete'), icon: 'trash', danger: true, onSelect: () => onChange('delete') },
  ];
  return (
    <li class={cx(css.item, css.question)}>
      <a
        {...linkTo(paths.assistant(view.id))} class={cx(css.row, css.low, view.unread.value > 0 && css.unread)} aria-current={open ? 'page' : undefined}
        onContextMenu={(event) => { event.preventDefault(); openMenu(placeOf(event), items(), { label: view.title.peek() }); }}
      >
        <span class={css.name}>{view.title.value}</span>
        <Badge count={view.unread.value} />
      </a>
      <MenuButton size="small" label={t('chat.actionsFor', { title: view.title.value })} items={items} />
    </li>
  );
}

const TITLE_CHARS_MAX = 80;

function Rename({ view, onClose }: { view: ConversationView; onClose: () => void }) {
  const [title, setTitle] = useState(view.title.peek());
  const save = () => void actions.rename(view.id, title.trim()).then(onClose, toastError);
  return (
    <Dialog title={t('chat.rename')} width={400} onClose={onClose} actions={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" disabled={title.trim() === ''} onClick={save}>{t('common.save')}</Button></>}>
      <Field label={t('chat.chatTitle')} data-autofocus maxLength={TITLE_CHARS_MAX} value={title} onInput={setTitle} onKeyDown={(event: KeyboardEvent) => { if (event.key === 'Enter' && title.trim()) save(); }} />
    </Dialog>
  );
}

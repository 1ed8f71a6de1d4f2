// The conversations, as the server orders them.

import type { ConversationState } from '../core/conversation';
import type { ConversationId } from '../core/protocol';
import { Badge } from '../ui/Badge';
import css from './Embed.module.css';
import { Face } from './Face';
import { shortTime, t } from './i18n';
import { Waiting } from './parts';
import type { Session } from './session';
import { words } from './words';

export function List({ session, onOpen }: { session: Session; onOpen: (id: ConversationId) => void }) {
  const state = session.state.value;
  if (!state?.ready.value) return <Waiting />;
  const chats = state.conversations.value;
  if (chats.length === 0) return <div class={css.notice}><h2>{t('embed.noChats')}</h2><p>{t('embed.noChatsText')}</p></div>;
  return (
    <ul class={css.list} aria-label={t('embed.chats')}>
      {chats.map((chat) => <li key={chat.id}><Line session={session} chat={chat} onOpen={() => onOpen(chat.id)} /></li>)}
    </ul>
  );
}

function Line({ session, chat, onOpen }: { session: Session; chat: ConversationState; onOpen: () => void }) {
  const { kind, peer } = chat.meta.value;
  const last = chat.last.value;
  const title = chat.title.value;
  return (
    <button type="button" class={css.entry} onClick={onOpen}>
      <Face session={session} user={kind === 'direct' ? peer : null} chat={chat.id} name={title} />
      <span class={css.middle}>
        <span class={css.title} dir="auto">{title}</span>
        <span class={css.preview} dir="auto">{last ? words(last) : ''}</span>
      </span>
      <span class={css.end}>
        <span class={css.time}>{last ? shortTime(last.at) : ''}</span>
        <Badge count={chat.unread.value} muted={chat.muted.value} />
      </span>
    </button>
  );
}

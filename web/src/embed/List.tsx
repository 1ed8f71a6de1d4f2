// The conversations, as the server orders them.

import type { ConversationState } from '../core/conversation';
import type { ConversationId } from '../core/protocol';
import { Avatar } from '../ui/Avatar';
import { Badge } from '../ui/Badge';
import css from './Embed.module.css';
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
      {chats.map((chat) => <li key={chat.id}><Line chat={chat} onOpen={() => onOpen(chat.id)} /></li>)}
    </ul>
  );
}

function Line({ chat, onOpen }: { chat: ConversationState; onOpen: () => void }) {
  const { kind, peer } = chat.meta.value;
  const last = chat.last.value;
  const title = chat.title.value;
  return (
    <button type="button" class={css.line} onClick={onOpen}>
      <Avatar id={peer ?? chat.id} name={title} shape={kind === 'direct' ? 'round' : 'square'} />
      <span class={css.middle}>
        <span class={css.title}>{title}</span>
        <span class={css.preview}>{last ? words(last) : ''}</span>
      </span>
      <span class={css.end}>
        <span class={css.time}>{last ? shortTime(last.at) : ''}</span>
        <Badge count={chat.unread.value} muted={chat.muted.value} />
      </span>
    </button>
  );
}

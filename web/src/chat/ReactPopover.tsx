import { useState } from 'preact/hooks';
import { actions, type Row } from '../core';
import { t } from '../i18n';
import { act, IconButton } from '../ui';
import EmojiPopover from '../ui/EmojiPopover';
import { Popover } from '../ui/Popover';
import css from './Message.module.css';
import { QUICK } from './quick';
import { me } from './words';

/** The quick reactions, and all others. */
export default function ReactPopover({ row, anchor, onClose }: { row: Row; anchor: Element; onClose: () => void }) {
  const [all, setAll] = useState(false);
  const pick = (emoji: string) => {
    const on = !row.reactions.some((reaction) => reaction.emoji === emoji && reaction.users.includes(me()));
    if (row.seq !== null) act(actions.react(row.conversation, row.seq, emoji, on));
    onClose();
  };
  if (all) return <EmojiPopover anchor={anchor} label={t('chat.react')} onPick={pick} onClose={onClose} />;
  return (
    <Popover anchor={anchor} label={t('chat.react')} onClose={onClose} class={css.quick ?? ''}>
      {QUICK.map((emoji, index) => <button key={emoji} type="button" class={css.emoji} data-autofocus={index === 0 || undefined} onClick={() => pick(emoji)}>{emoji}</button>)}
      <IconButton icon="add" label={t('chat.moreEmoji')} onClick={(event) => { event.stopPropagation(); setAll(true); }} />
    </Popover>
  );
}

// What can be done with a message: a few reactions, answering, and for one's own editing and recalling.

import { useRef, useState } from 'preact/hooks';
import type { Row } from '../core/model';
import { textOf } from '../core/words';
import { mayAnswer, mayEdit, mayRecall } from '../chat/may';
import { QUICK } from '../chat/quick';
import { cx } from '../ui/cx';
import { Popover } from '../ui/Popover';
import css from './Embed.module.css';
import { t } from './i18n';
import { edit, reply, type Pane } from './pane';
import { Icon, type IconName } from './parts';

export function Actions({ pane, row, anchor, onClose }: { pane: Pane; row: Row; anchor: Element; onClose: () => void }) {
  const { session, chat } = pane;
  const [sure, setSure] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const { seq, conversation } = row;
  const meta = chat?.meta.value;
  if (!meta || seq === null) return null;
  const me = session.state.value?.user ?? '';
  const text = textOf(row.body)?.text || ('answer' in row.body ? row.body.answer.text : '');
  const answer = mayAnswer(meta, row);
  const done = (doing: Promise<unknown>) => {
    session.act(doing);
    onClose();
  };
  /** The button that opened this goes with the message: whoever used keys goes on in the field. */
  const recall = async () => {
    await session.recall(conversation, seq);
    requestAnimationFrame(() => { if (document.activeElement === document.body) document.querySelector('textarea')?.focus(); });
  };
  const move = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const all = [...(box.current?.querySelectorAll('button') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    if (by === undefined || at < 0) return;
    event.preventDefault();
    all[(at + by + all.length) % all.length]?.focus();
  };
  const item = (icon: IconName, label: string, onSelect: () => void, danger = false) =>
    <button type="button" class={cx(css.item, danger && css.danger)} onClick={onSelect}><Icon name={icon} size={18} /> {label}</button>;
  return (
    <Popover anchor={anchor} label={t('chat.actions')} onClose={onClose} class={css.actions ?? ''}>
      <div ref={box} onKeyDown={move}>
        {answer && (
          <div class={css.quick} role="group" aria-label={t('chat.react')}>
            {QUICK.map((emoji, index) => {
              const mine = row.reactions.some((one) => one.emoji === emoji && one.users.includes(me));
              return <button key={emoji} type="button" class={css.emoji} aria-pressed={mine} data-autofocus={index === 0 || undefined} onClick={() => done(session.react(conversation, seq, emoji, !mine))}>{emoji}</button>;
            })}
          </div>
        )}
        {answer && item('reply', t('chat.reply'), () => { onClose(); reply(pane, row); })}
        {mayEdit(meta, row, Date.now()) && item('edit', t('chat.edit'), () => { onClose(); edit(pane, row); })}
        {text !== '' && item('copy', t('chat.copyText'), () => done(navigator.clipboard.writeText(text)))}
        {row.mine && mayRecall(meta, row, Date.now()) && item('undo', t(sure ? 'chat.recallSure' : 'chat.recall'), () => (sure ? done(recall()) : setSure(true)), true)}
      </div>
    </Popover>
  );
}

// Buttons under a message, as in the chat itself: what was pressed waits until its author has done something.

import { useEffect } from 'preact/hooks';
import type { Row } from '../core/model';
import { hostOf, isAnswered } from '../core/pressing';
import type { Button, Buttons as Buttoned } from '../core/protocol';
import { cx } from '../ui/cx';
import css from './Embed.module.css';
import { problemWords, t } from './i18n';
import type { Session } from './session';

export function Buttons({ session, row, rows, buttons }: { session: Session; row: Row; rows: readonly Row[]; buttons: Buttoned }) {
  const { pressing } = session;
  const held = pressing.of(row);
  const answered = held !== undefined && isAnswered(row, rows, held);
  useEffect(() => { if (answered) pressing.done(row); }, [answered]);
  const now = answered ? undefined : held;
  const waiting = now?.state === 'waiting';
  const one = ({ label, style, does }: Button, place: number) => {
    if ('open' in does) {
      const host = hostOf(does.open);
      return host !== null && <a key={place} class={css.option} href={does.open} target="_blank" rel="noopener noreferrer nofollow"><bdi>{label}</bdi> <bdi class={css.host}>{host}</bdi></a>;
    }
    return 'press' in does && (
      <button
        key={place} type="button" class={cx(css.option, style === 'primary' && css.chief, style === 'danger' && css.risky)}
        aria-disabled={waiting || undefined} aria-busy={(waiting && now.button === does.press) || undefined}
        onClick={() => { if (!waiting) void pressing.press(row, rows, does.press); }}
      >
        <bdi>{label}</bdi>
      </button>
    );
  };
  return (
    <>
      {buttons.rows.map((line, index) => <div key={index} class={css.options} role="group" aria-label={t('chat.buttons')}>{line.map(one)}</div>)}
      {now?.state === 'silent' && <p class={css.host} role="status">{t('chat.silent')}</p>}
      {now?.problem && <p class={css.host} role="alert">{t('chat.notPressed', { reason: problemWords(now.problem) })}</p>}
    </>
  );
}

// The emoji picker: search, groups, the ones used last, and a grid of eight columns that arrows walk through. Import it lazily.

import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { type Emoji, findEmoji, loadEmoji, recentEmoji, usedEmoji } from './emoji';
import css from './EmojiPicker.module.css';
import { Field } from './Field';
import { composing } from './composing';
import { Loading } from './Spinner';
import { ErrorState } from './State';

const COLUMNS = 8;
const RECENT = -1;
const GROUPS = [
  { group: RECENT, icon: '🕘', key: 'common.recentEmoji' }, { group: 0, icon: '😀', key: 'common.emojiSmileys' }, { group: 1, icon: '👋', key: 'common.emojiPeople' },
  { group: 3, icon: '🐻', key: 'common.emojiNature' }, { group: 4, icon: '🍎', key: 'common.emojiFood' }, { group: 5, icon: '🚗', key: 'common.emojiTravel' },
  { group: 6, icon: '⚽', key: 'common.emojiActivities' }, { group: 7, icon: '💡', key: 'common.emojiObjects' }, { group: 8, icon: '🔣', key: 'common.emojiSymbols' },
  { group: 9, icon: '🚩', key: 'common.emojiFlags' },
] as const;

/** Calls `onPick` with the character; whoever shows the picker decides whether it goes then. */
export default function EmojiPicker({ onPick }: { onPick: (char: string) => void }) {
  const [all, setAll] = useState<readonly Emoji[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [text, setText] = useState('');
  const [group, setGroup] = useState<number>(() => (recentEmoji().length > 0 ? RECENT : 0));
  const load = () => {
    setError(null);
    loadEmoji().then(setAll, setError);
  };
  useEffect(load, []);

  const shown = all && (text.trim() ? findEmoji(all, text) : ofGroup(all, group));
  const title = GROUPS.find((entry) => entry.group === group)?.key ?? 'common.emoji';
  const pick = (char: string) => {
    usedEmoji(char);
    onPick(char);
  };
  return (
    <div class={css.picker}>
      <div class={css.head}>
        <Field
          label={t('common.searchEmoji')}
          hideLabel
          size="small"
          icon="search"
          type="search"
          placeholder={t('common.searchEmoji')}
          autocomplete="off"
          data-autofocus
          value={text}
          onInput={setText}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !composing(event) && shown?.[0]) pick(shown[0].char);
          }}
        />
      </div>
      <div class={css.tabs}>
        {GROUPS.map((entry) => (
          <button key={entry.group} type="button" class={css.tab} aria-label={t(entry.key)} title={t(entry.key)} aria-pressed={!text && entry.group === group} onClick={() => { setText(''); setGroup(entry.group); }}>
            {entry.icon}
          </button>
        ))}
      </div>
      {error ? <ErrorState error={error} onRetry={load} /> : shown === null ? <Loading /> : shown.length === 0 ? (
        <p class={css.empty}>{t('common.noEmoji')}</p>
      ) : (
        <>
          {!text && <p class={css.title}>{t(title)}</p>}
          <Grid emoji={shown} onPick={pick} />
        </>
      )}
    </div>
  );
}

function ofGroup(all: readonly Emoji[], group: number): readonly Emoji[] {
  if (group !== RECENT) return all.filter((emoji) => emoji.group === group);
  const byChar = new Map(all.map((emoji) => [emoji.char, emoji]));
  return recentEmoji().flatMap((char) => byChar.get(char) ?? []);
}

/** One stop for Tab; arrows, Home and End move inside. */
function Grid({ emoji, onPick }: { emoji: readonly Emoji[]; onPick: (char: string) => void }) {
  const [at, setAt] = useState(0);
  const ref = useRef<HTMLDivElement>(null);
  const stop = Math.min(at, emoji.length - 1);
  useEffect(() => {
    setAt(0);
    if (ref.current) ref.current.scrollTop = 0;
  }, [emoji[0]?.char, emoji.length]);
  const move = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS, Home: -stop, End: emoji.length - 1 - stop };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(emoji.length - 1, stop + step));
    setAt(to);
    ref.current?.querySelectorAll('button')[to]?.focus();
  };
  return (
    <div ref={ref} class={css.grid} role="group" aria-label={t('common.emoji')} onKeyDown={move}>
      {emoji.map((item, index) => (
        <button key={item.char} type="button" class={css.cell} title={item.name} aria-label={item.name} tabIndex={index === stop ? 0 : -1} onClick={() => onPick(item.char)}>
          {item.char}
        </button>
      ))}
    </div>
  );
}

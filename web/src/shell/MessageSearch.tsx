import { useEffect, useState } from 'preact/hooks';
import { actions, type Hit, type Highlight, store } from '../core';
import { t } from '../i18n';
import { go, paths } from '../router';
import { Combobox, toastError, Time } from '../ui';
import css from './Switcher.module.css';

/** As fast as somebody types, no faster. */
const PAUSE_MS = 250;

/** Messages by their words, of all conversations; a hit opens its chat around it. */
export function MessageSearch({ first, onBack, onDone }: { first: string; onBack: () => void; onDone: () => void }) {
  const [text, setText] = useState(first);
  const [hits, setHits] = useState<readonly Hit[] | null>(null);
  useEffect(() => {
    const q = text.trim();
    if (!q) {
      setHits([]);
      return undefined;
    }
    let asked = true;
    const wait = setTimeout(() => {
      actions.search({ q }).then(
        (found) => asked && setHits(found.hits),
        (error) => { if (asked) { setHits([]); toastError(error); } },
      );
    }, PAUSE_MS);
    return () => {
      asked = false;
      clearTimeout(wait);
    };
  }, [text]);
  return (
    <Combobox
      label={t('common.quickMessagesHint')}
      placeholder={t('common.quickMessagesHint')}
      value={text}
      onInput={setText}
      options={hits ?? []}
      keyOf={(hit) => `${hit.conversation}.${hit.entry.seq}`}
      render={(hit) => <Found hit={hit} />}
      onPick={(hit) => {
        onDone();
        go(paths.chat(hit.conversation, hit.entry.seq));
      }}
      onKeyDown={(event) => {
        if (event.key === 'Backspace' && text === '') onBack();
      }}
      empty={hits === null ? t('common.loading') : t('common.noResults')}
    />
  );
}

function Found({ hit }: { hit: Hit }) {
  const title = store.conversation(hit.conversation).value?.title.value ?? '';
  const author = store.person(hit.entry.author).value.name;
  return (
    <span class={css.text}>
      <span class={css.name}>{excerpt(hit)}</span>
      <span class={css.hint}>{author === title ? author : `${author} · ${title}`} · <Time at={hit.entry.at} kind="short" /></span>
    </span>
  );
}

const BEFORE = 24;
const AFTER = 200;

/** What was found, with the words marked; the first of them near the start. */
function excerpt({ entry: { body }, highlights }: Hit) {
  // Places are counted in code points.
  const text = [...wordsIn(body, highlights[0])];
  const piece = (start: number, end: number) => text.slice(start, end).join('');
  const marks = highlights.filter((mark) => mark.part === highlights[0]?.part);
  const from = Math.max(0, (marks[0]?.start ?? 0) - BEFORE);
  const out: preact.ComponentChildren[] = from > 0 ? ['…'] : [];
  let at = from;
  for (const { start, end } of marks) {
    if (start < at) continue;
    out.push(piece(at, start), <mark>{piece(start, end)}</mark>);
    at = end;
  }
  return [...out, piece(at, at + AFTER)];
}

function wordsIn(body: Hit['entry']['body'], mark: Highlight | undefined): string {
  if ('text' in body) return body.text.text;
  if ('media' in body) return (mark?.part === 'file_name' ? body.media.info?.name : body.media.caption?.text) ?? '';
  return '';
}

// The list over the composer for the word that is being typed. The focus stays in the field, so its keys come through `keys`.

import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { ConversationView, OfferedCommand } from '../core';
import { Face } from '../contacts/Face';
import { t } from '../i18n';
import { useListbox } from '../ui';
import { loadEmoji, usedEmoji, type Emoji } from '../ui/emoji';
import { askedAt, commandsFor, emojiFor, emojiOf, offeredIn, peopleFor } from './complete';
import css from './Composer.module.css';
import { isAssistant } from './words';

interface CompletionProps {
  view: ConversationView;
  text: string;
  caret: number;
  /** The text with the choice in it, and where the caret goes. */
  onPut: (text: string, caret: number) => void;
  /** Takes a key; true when it was for the list. */
  keys: { current: ((event: KeyboardEvent) => boolean) | null };
  /** What the field says of the list; none without one. */
  onAria: (aria: object) => void;
}

const NO_ARIA = {};

export default function Completion({ view, text, caret, onPut, keys, onAria }: CompletionProps) {
  const [emoji, setEmoji] = useState<readonly Emoji[]>([]);
  const [dismissed, setDismissed] = useState<number | null>(null);
  const asked = askedAt(text, caret);
  const [offered, setOffered] = useState<readonly OfferedCommand[]>([]);
  const wantsEmoji = asked?.kind === 'emoji';
  const wantsCommands = asked?.kind === 'command' && !isAssistant(view);
  const open = asked && asked.at !== dismissed && !asked.whole;
  const choices = !open ? [] : asked.kind === 'command' ? commandsFor(view, asked.words, offered) : asked.kind === 'mention' ? peopleFor(view, asked.words) : emojiFor(emoji, asked.words);
  const put = (words: string) => {
    if (!asked) return;
    // The list is over with this, and the next key is for the field, however soon it comes: before anything is drawn, too.
    keys.current = null;
    onPut(text.slice(0, asked.at) + words + text.slice(caret), asked.at + words.length);
  };
  const list = useListbox({
    count: choices.length,
    open: choices.length > 0,
    onPick: (index) => {
      const choice = choices[index];
      if (!choice) return;
      if (asked?.kind === 'emoji') usedEmoji(choice.key);
      put(choice.put);
    },
    onClose: () => setDismissed(asked?.at ?? null),
  });
  keys.current = list.onKeyDown;
  // Not an effect after the drawing: a list that closes before that would leave its keys behind.
  useLayoutEffect(() => () => { keys.current = null; }, []);
  useEffect(() => {
    if (wantsEmoji) loadEmoji().then(setEmoji, () => undefined);
  }, [wantsEmoji]);
  useEffect(() => {
    let here = true;
    if (wantsCommands) void offeredIn(view.id).then((commands) => { if (here) setOffered(commands); });
    return () => { here = false; };
  }, [wantsCommands, view.id]);
  useEffect(list.reset, [asked?.at, asked?.words]);
  useEffect(() => {
    const char = asked?.whole ? emojiOf(emoji, asked.words) : null;
    if (char) put(char);
  }, [asked?.whole, asked?.words, emoji]);
  const shown = choices.length > 0;
  const active = shown ? list.input['aria-activedescendant'] : undefined;
  useEffect(() => {
    onAria(shown ? list.input : NO_ARIA);
    return () => onAria(NO_ARIA);
  }, [shown, active]);
  if (!shown) return null;
  return (
    <div {...list.list} class={css.mentions} aria-label={t(asked?.kind === 'emoji' ? 'common.emoji' : asked?.kind === 'command' ? 'chat.commands' : 'chat.mentionList')}>
      {choices.map((choice, index) => (
        <div key={choice.key} {...list.option(index)} class={css.choice}>
          {choice.user ? <Face user={choice.user} size={28} presence={false} /> : <span class={asked?.kind === 'emoji' ? css.char : css.all}>{choice.char}</span>}
          <span>{choice.name}</span>
          {choice.hint && <span class={css.id}>{choice.hint}</span>}
        </div>
      ))}
    </div>
  );
}

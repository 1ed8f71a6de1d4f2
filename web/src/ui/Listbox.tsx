// A list that is worked from a text field: the focus stays in the field, arrows move what is selected. Whoever types Chinese chooses
// words with the very same keys, so no key counts while a word is being composed.

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { t } from '../i18n';
import { composing } from './composing';
import css from './Listbox.module.css';

/** What a text field and its options need. Options are picked by index; the first one is selected at the start. */
export function useListbox({ count, open, onPick, onClose }: { count: number; open: boolean; onPick: (index: number) => void; onClose?: () => void }) {
  const id = useId();
  const [selected, setSelected] = useState(0);
  const active = Math.min(selected, count - 1);
  const shown = open && count > 0;
  useEffect(() => {
    if (shown) document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: 'nearest' });
  }, [id, active, shown]);
  return {
    selected: active,
    /** Call when the options are new ones. */
    reset: () => setSelected(0),
    /** True when the key was for the list. */
    onKeyDown(event: KeyboardEvent): boolean {
      if (!open || composing(event)) return false;
      if (event.key === 'Escape' && onClose) onClose();
      else if (!shown) return false;
      else if (event.key === 'ArrowDown') setSelected((active + 1) % count);
      else if (event.key === 'ArrowUp') setSelected((active - 1 + count) % count);
      else if ((event.key === 'Enter' && !event.shiftKey) || (event.key === 'Tab' && !event.shiftKey && onClose !== undefined)) onPick(active);
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
    input: {
      role: 'combobox' as const,
      'aria-expanded': shown,
      'aria-controls': `${id}-list`,
      'aria-autocomplete': 'list' as const,
      'aria-activedescendant': shown ? `${id}-${active}` : undefined,
      // The list is ours, and not a <datalist>.
      list: undefined,
    },
    list: { id: `${id}-list`, role: 'listbox' as const },
    option: (index: number) => ({
      id: `${id}-${index}`,
      role: 'option' as const,
      'aria-selected': index === active,
      onMouseMove: () => setSelected(index),
      // Before the field loses the focus.
      onMouseDown: (event: MouseEvent) => event.preventDefault(),
      onClick: () => onPick(index),
    }),
  };
}

interface ComboboxProps<T> {
  label: string;
  placeholder: string;
  value: string;
  onInput: (value: string) => void;
  options: readonly T[];
  keyOf: (option: T) => string;
  /** A heading above the option; shown where it differs from the one before. */
  groupOf?: (option: T) => string | null;
  render: (option: T) => ComponentChildren;
  onPick: (option: T) => void;
  onKeyDown?: (event: KeyboardEvent) => void;
  /** Said when nothing is found. */
  empty?: string;
}

/** A search field with its results below it, all in view: the quick switcher, choosing people. */
export function Combobox<T>({ label, placeholder, value, onInput, options, keyOf, groupOf, render, onPick, onKeyDown, empty = t('common.noResults') }: ComboboxProps<T>) {
  const box = useListbox({ count: options.length, open: true, onPick: (index) => { const option = options[index]; if (option !== undefined) onPick(option); } });
  return (
    <div>
      <input
        type="search"
        class={css.input}
        {...box.input}
        aria-label={label}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        data-autofocus
        value={value}
        onInput={(event) => {
          box.reset();
          onInput(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (!box.onKeyDown(event)) onKeyDown?.(event);
        }}
      />
      <div {...box.list} class={css.list} aria-label={label}>
        {options.map((option, index) => {
          const group = groupOf?.(option) ?? null;
          const before = options[index - 1];
          return (
            <div key={keyOf(option)} role="presentation">
              {group !== null && (before === undefined || groupOf?.(before) !== group) && <div class={css.group} role="presentation">{group}</div>}
              <div {...box.option(index)} class={css.option}>{render(option)}</div>
            </div>
          );
        })}
      </div>
      {options.length === 0 && <p class={css.empty}>{empty}</p>}
      <span class="hidden-text" role="status">{value && t('common.results', { count: options.length })}</span>
    </div>
  );
}

// What stands in the field while a message is edited, and after it. The client and the widget have it in common.

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Row } from '../core/model';
import { textOf } from '../core/words';

/**
 * The words that go into the field when another message is edited, or none any more: then it is what was written before, however the editing
 * ended, so that an old message is never sent again as a new one. Null where the field stays as it is.
 */
export function fieldFor(before: Row | null, edited: Row | null, draft: () => string): string | null {
  if (before === edited) return null;
  return edited ? (textOf(edited.body)?.text ?? '') : draft();
}

/** Keeps the field so. Gives what takes an edit up again that was refused: its words are not lost. */
export function useEdited(edited: Row | null, put: (text: string) => void, draft: () => string, edit: (row: Row) => void): (row: Row, words: string) => void {
  const before = useRef<Row | null>(null);
  const refused = useRef<string | null>(null);
  useLayoutEffect(() => {
    const words = fieldFor(before.current, edited, draft);
    before.current = edited;
    if (words !== null) put((edited && refused.current) ?? words);
    refused.current = null;
  }, [edited]);
  return (row, words) => {
    refused.current = words;
    edit(row);
  };
}

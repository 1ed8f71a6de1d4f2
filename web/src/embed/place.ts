// A chat as the page names it.

import type { To } from '../core/model';

/** `user:support` or `conversation:7`; none when it is neither. */
export function placeOf(text: string | null): To | null {
  const [, kind, id] = /^(user|conversation):(.+)$/.exec(text ?? '') ?? [];
  if (!kind || !id) return null;
  if (kind === 'user') return { user: id };
  return Number.isSafeInteger(Number(id)) ? { conversation: Number(id) } : null;
}

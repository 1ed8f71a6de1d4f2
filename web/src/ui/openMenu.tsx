// One menu at a time, in the top layer, opened from anywhere: `openMenu(anchor, items)`. What draws it comes with the first one.

import { useState } from 'preact/hooks';
import { IconButton } from './Button';
import type { IconName } from './Icon';
import { toastError } from './Toast';

export type MenuItem =
  | 'separator'
  | {
      label: string;
      hint?: string;
      icon?: IconName;
      danger?: boolean;
      disabled?: boolean;
      /** Given: the item is a choice that is on or off. */
      checked?: boolean;
      onSelect: () => void;
    };

/** Where a menu opens: below an element, or at a point (a right click, a long press). */
export type MenuAnchor = Element | { x: number; y: number };

/** The place of a right click. A menu key has none of its own: the element that has the focus. */
export const placeOf = ({ clientX: x, clientY: y, currentTarget }: MouseEvent): MenuAnchor => (x || y ? { x, y } : currentTarget as Element);

/** A button that is down would close what opens under it as soon as it comes up: a menu waits for that. */
let pressed = false;
if (typeof document !== 'undefined') {
  const note = ({ type }: Event) => { pressed = type === 'pointerdown'; };
  for (const type of ['pointerdown', 'pointerup', 'pointercancel']) addEventListener(type, note, true);
}
async function released(): Promise<void> {
  while (pressed) await new Promise((resolve) => setTimeout(resolve, RELEASED_MS));
}
const RELEASED_MS = 20;

/** Opens a menu, when it has items; `onClose` comes when it is gone, whatever closed it. */
export function openMenu(anchor: MenuAnchor, items: readonly MenuItem[] | Promise<readonly MenuItem[]>, options: { label: string; onClose?: () => void }): void {
  Promise.all([import('./Menu'), items, released()]).then(
    ([menu, all]) => all.length > 0 && menu.openMenu(anchor, all, options),
    (error: unknown) => {
      options.onClose?.();
      toastError(error);
    },
  );
}

/** An icon that opens a menu. `items` is asked when it opens. */
export function MenuButton({ icon = 'more', label, items, size = 'medium' }: { icon?: IconName; label: string; items: () => readonly MenuItem[]; size?: 'small' | 'medium' | 'large' }) {
  const [open, setOpen] = useState(false);
  return (
    <IconButton
      icon={icon}
      label={label}
      size={size}
      aria-haspopup="menu"
      aria-expanded={open}
      onClick={(event) => {
        setOpen(true);
        openMenu(event.currentTarget, items(), { label, onClose: () => setOpen(false) });
      }}
    />
  );
}

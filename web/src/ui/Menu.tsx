// The menu of `openMenu`, which brings it. It follows the menu pattern of the ARIA
// Authoring Practices: arrows, Home, End and first letters move; Enter acts; Escape, Tab and a click elsewhere close it; the focus goes back.

import { render } from 'preact';
import { cx } from './cx';
import { Icon } from './Icon';
import css from './Menu.module.css';
import type { MenuAnchor, MenuItem } from './openMenu';

const EDGE = 8;

function place(menu: HTMLElement, anchor: MenuAnchor): void {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const box = anchor instanceof Element ? anchor.getBoundingClientRect() : new DOMRect(anchor.x, anchor.y, 0, 0);
  const right = document.documentElement.clientWidth - EDGE;
  const bottom = document.documentElement.clientHeight - EDGE;
  // To the left edge of the anchor, or to its right edge where there is no room; below it, or above.
  const left = box.left + width <= right ? box.left : box.right - width;
  const top = box.bottom + 4 + height <= bottom ? box.bottom + 4 : box.top - 4 - height;
  menu.style.left = `${Math.max(EDGE, Math.min(left, right - width))}px`;
  menu.style.top = `${Math.max(EDGE, Math.min(top, bottom - height))}px`;
}

function moveFocus(menu: HTMLElement, event: KeyboardEvent): void {
  const items = [...menu.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
  const now = items.indexOf(document.activeElement as HTMLElement);
  const to = (index: number) => {
    event.preventDefault();
    items[(index + items.length) % items.length]?.focus();
  };
  if (event.key === 'ArrowDown') to(now + 1);
  else if (event.key === 'ArrowUp') to(now < 0 ? -1 : now - 1);
  else if (event.key === 'Home') to(0);
  else if (event.key === 'End') to(-1);
  else if (event.key === 'Tab') menu.hidePopover();
  else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
    const letter = event.key.toLocaleLowerCase();
    const found = [...items.slice(now + 1), ...items.slice(0, now + 1)].find((item) => item.textContent?.toLocaleLowerCase().startsWith(letter));
    found?.focus();
  }
}

/** Opens a menu; `onClose` comes when it is gone, whatever closed it. */
export function openMenu(anchor: MenuAnchor, items: readonly MenuItem[], { label, onClose }: { label: string; onClose?: () => void }): void {
  const before = document.activeElement as HTMLElement | null;
  const menu = document.createElement('div');
  menu.className = css.menu ?? '';
  menu.popover = 'auto';
  menu.setAttribute('role', 'menu');
  menu.setAttribute('aria-label', label);
  // A modal dialog makes everything outside of it inert, so a menu of a dialog lives in it; else in the page's main part,
  // where screen readers look for content.
  const home = (anchor instanceof Element ? anchor : before)?.closest('dialog[open]') ?? document.querySelector('main') ?? document.body;
  home.append(menu);
  const select = (item: Exclude<MenuItem, 'separator'>) => {
    if (item.disabled) return;
    menu.hidePopover();
    item.onSelect();
  };
  render(<Items items={items} onSelect={select} />, menu);
  menu.addEventListener('keydown', (event) => moveFocus(menu, event));
  menu.addEventListener('toggle', (event) => {
    if ((event as ToggleEvent).newState !== 'closed') return;
    render(null, menu);
    menu.remove();
    onClose?.();
  });
  // Before the popover is hidden its focus still says whether it had it: then, and only then, it goes back.
  menu.addEventListener('beforetoggle', (event) => {
    if ((event as ToggleEvent).newState === 'closed' && menu.contains(document.activeElement) && before?.isConnected) before.focus();
  });
  menu.showPopover();
  place(menu, anchor);
  menu.querySelector<HTMLElement>('[role^="menuitem"]')?.focus();
}

function Items({ items, onSelect }: { items: readonly MenuItem[]; onSelect: (item: Exclude<MenuItem, 'separator'>) => void }) {
  return (
    <>
      {items.map((item, index) =>
        item === 'separator' ? (
          <div key={index} role="separator" class={css.separator} />
        ) : (
          <button
            key={index}
            type="button"
            role={item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
            aria-checked={item.checked}
            aria-disabled={item.disabled || undefined}
            tabIndex={-1}
            class={cx(css.item, item.danger && css.danger)}
            onClick={() => onSelect(item)}
            onMouseEnter={(event) => event.currentTarget.focus()}
          >
            {item.icon && <Icon name={item.icon} size={18} />}
            <span class={css.label}>
              {item.label}
              {item.hint && <span class={css.hint}>{item.hint}</span>}
            </span>
            {item.checked && <Icon name="check" size={16} />}
          </button>
        ),
      )}
    </>
  );
}

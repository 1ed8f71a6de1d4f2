// Content beside an anchor, in the top layer, that goes away by a click elsewhere or Escape: the emoji picker, a card of somebody.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

const EDGE = 8;

/** Shown while rendered. It opens above the anchor where there is room, else below; the focus goes to `data-autofocus` and comes back. */
export function Popover({ anchor, label, onClose, class: className, children }: { anchor: Element; label: string; onClose: () => void; class?: string; children: ComponentChildren }) {
  const ref = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const box = ref.current;
    if (!box) return undefined;
    const before = document.activeElement;
    const place = () => {
      const at = anchor.getBoundingClientRect();
      const { offsetWidth: width, offsetHeight: height } = box;
      const { clientWidth, clientHeight } = document.documentElement;
      const top = at.top - 6 - height >= EDGE ? at.top - 6 - height : Math.min(at.bottom + 6, clientHeight - EDGE - height);
      // To the side where the room is.
      const left = at.left + at.right < clientWidth ? at.left : at.right - width;
      box.style.left = `${Math.max(EDGE, Math.min(left, clientWidth - EDGE - width))}px`;
      box.style.top = `${Math.max(EDGE, top)}px`;
    };
    const toggled = (event: Event) => {
      if ((event as ToggleEvent).newState === 'closed') close.current();
    };
    const sizes = new ResizeObserver(place);
    box.showPopover();
    place();
    sizes.observe(box);
    box.querySelector<HTMLElement>('[data-autofocus]')?.focus({ preventScroll: true });
    box.addEventListener('toggle', toggled);
    return () => {
      sizes.disconnect();
      box.removeEventListener('toggle', toggled);
      const had = box.contains(document.activeElement) || document.activeElement === document.body;
      if (had && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [anchor]);
  return <div ref={ref} popover="auto" role="dialog" aria-label={label} class={className}>{children}</div>;
}

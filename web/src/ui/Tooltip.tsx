import { type ComponentChildren, toChildArray } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import css from './Tooltip.module.css';

const DELAY_MS = 350;

/** Words beside a control when a pointer rests on it or a key brings the focus there; Escape hides them. The name of the control is its own. */
export function Tooltip({ text, side = 'right', children }: { text: string; side?: 'right' | 'bottom'; children: ComponentChildren }) {
  const tip = useRef<HTMLSpanElement>(null);
  const wait = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const hide = () => {
    clearTimeout(wait.current);
    if (tip.current?.matches(':popover-open')) tip.current.hidePopover();
  };
  const show = (anchor: HTMLElement) => {
    const { current } = tip;
    if (!current?.isConnected) return;
    current.showPopover();
    const box = (anchor.firstElementChild ?? anchor).getBoundingClientRect();
    const right = side === 'right';
    current.style.left = `${right ? box.right + 8 : Math.max(4, box.left + box.width / 2 - current.offsetWidth / 2)}px`;
    current.style.top = `${right ? box.top + box.height / 2 - current.offsetHeight / 2 : box.bottom + 6}px`;
  };
  useEffect(() => () => clearTimeout(wait.current), []);
  return (
    <span
      style={{ display: 'contents' }}
      onPointerOver={(event) => {
        if (event.pointerType !== 'mouse') return;
        clearTimeout(wait.current);
        const anchor = event.currentTarget;
        wait.current = setTimeout(() => show(anchor), DELAY_MS);
      }}
      onPointerOut={hide}
      onPointerDown={hide}
      onFocusIn={(event) => {
        if ((event.target as Element).matches(':focus-visible')) show(event.currentTarget);
      }}
      onFocusOut={hide}
      onKeyDown={(event) => {
        if (event.key === 'Escape') hide();
      }}
    >
      {toChildArray(children)}
      <span ref={tip} class={css.tip} popover="manual" aria-hidden="true">{text}</span>
    </span>
  );
}

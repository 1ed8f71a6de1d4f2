// Settings and lists: a card of rows with words at the left and a control at the right, and a row for a person or thing.

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { linkTo } from '../router';
import css from './Card.module.css';
import { cx } from './cx';

/** A card with a heading above and a note below. */
export function Card({ title, note, danger, children }: { title?: string; note?: ComponentChildren; danger?: boolean; children: ComponentChildren }) {
  const id = useId();
  return (
    <section class={css.section} aria-labelledby={title ? id : undefined}>
      {title && <h2 id={id}>{title}</h2>}
      <div class={cx(css.card, danger && css.danger)}>{children}</div>
      {note && <p class={css.note}>{note}</p>}
    </section>
  );
}

interface RowProps {
  label: ComponentChildren;
  hint?: ComponentChildren;
  error?: ComponentChildren;
  leading?: ComponentChildren;
  /** The control goes below the words where there is little room: for wide ones. */
  wrap?: boolean;
  /** The control. As a function it gets the id of the label, for `labelledBy`. */
  children?: ComponentChildren | ((labelId: string) => ComponentChildren);
}

/** One row of a card. */
export function Row({ label, hint, error, leading, wrap, children }: RowProps) {
  const id = useId();
  return (
    <div class={cx(css.row, wrap && css.wrap)}>
      {leading}
      <div class={css.words}>
        <span id={id}>{label}</span>
        {hint && <span class={css.hint}>{hint}</span>}
        {error && <span class={cx(css.hint, css.error)} role="alert">{error}</span>}
      </div>
      {children !== undefined && <div class={css.control}>{typeof children === 'function' ? children(id) : children}</div>}
    </div>
  );
}

interface ListRowProps {
  leading?: ComponentChildren;
  title: ComponentChildren;
  subtitle?: ComponentChildren;
  /** At the end: a badge, a role, a time. */
  trailing?: ComponentChildren;
  /** An address makes it a link, `onClick` a button; without both it only shows. */
  href?: string | undefined;
  onClick?: ((event: MouseEvent) => void) | undefined;
  current?: boolean | undefined;
}

/** A person, group or thing in a list. Buttons of a row that is a link go beside it, not into it. */
export function ListRow({ leading, title, subtitle, trailing, href, onClick, current }: ListRowProps) {
  const inside = (
    <>
      {leading}
      <span class={css.text}>
        <span class={css.title}>{title}</span>
        {subtitle && <span class={css.subtitle}>{subtitle}</span>}
      </span>
      {trailing}
    </>
  );
  if (href !== undefined) return <a {...linkTo(href)} class={css.list} aria-current={current ? 'page' : undefined}>{inside}</a>;
  if (onClick) return <button type="button" class={css.list} aria-current={current || undefined} onClick={onClick}>{inside}</button>;
  return <div class={css.list}>{inside}</div>;
}

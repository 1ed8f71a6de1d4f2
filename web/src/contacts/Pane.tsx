import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { go } from '../router';
import { IconButton } from '../ui';
import css from './Pane.module.css';

interface PaneProps {
  title: string;
  /** Where the way back leads on a phone, where this pane covers the list. */
  back: string;
  /** Buttons at the end of the head. */
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** A page beside the list of contacts: a head that stays, and a column that scrolls. */
export function Pane({ title, back, actions, children }: PaneProps) {
  return (
    <section class={css.pane} aria-label={title}>
      <header class={css.head}>
        <span class={css.back}><IconButton icon="back" label={t('common.back')} onClick={() => go(back)} /></span>
        <h2>{title}</h2>
        {actions}
      </header>
      <div class={css.scroll} tabIndex={-1}>
        <div class={css.column}>{children}</div>
      </div>
    </section>
  );
}

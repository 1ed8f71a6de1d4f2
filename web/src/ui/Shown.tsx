import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { Button } from './Button';
import css from './Shown.module.css';
import { useCopied } from './useCopied';

interface ShownProps {
  /** What it is, for screen readers. */
  label: string;
  text: string;
  /** Above it: a picture of it. */
  children?: ComponentChildren;
  note?: ComponentChildren;
  /** What the dialog is about: the button gets the focus. */
  main?: boolean;
}

/** Text to hand over: to select, and with a button where the browser can copy. */
export function Shown({ label, text, children, note, main }: ShownProps) {
  const [copied, copy] = useCopied();
  return (
    <div class={css.shown}>
      {children}
      <code class={css.text} role="textbox" aria-readonly="true" aria-label={label} tabIndex={0}>{text}</code>
      {note}
      {navigator.clipboard && <Button kind={main ? 'primary' : 'plain'} size={main ? 'medium' : 'small'} icon={copied ? 'check' : 'copy'} data-autofocus={main} onClick={() => copy(text)}>{t(copied ? 'common.copied' : 'common.copy')}</Button>}
    </div>
  );
}

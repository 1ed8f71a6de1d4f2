// Short words at the foot of the window about what was done or failed. In the top layer, so that an open dialog does not cover them.

import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { problemWords, t } from '../i18n';
import { cx } from './cx';
import { Icon } from './Icon';
import css from './Toast.module.css';

export interface Toast {
  text: string;
  kind?: 'info' | 'error';
  action?: { label: string; onClick: () => void };
  /** Stays until it is dismissed. */
  sticky?: boolean;
}

/** The oldest goes when there are more. */
const TOASTS_MAX = 3;
const SHOWN_MS = 6_000;

const toasts = signal<readonly (Toast & { id: number })[]>([]);
let last = 0;

/** Shows a toast; call the result to take it away. */
export function toast(words: string | Toast): () => void {
  const id = ++last;
  const shown = { ...(typeof words === 'string' ? { text: words } : words), id };
  const dismiss = () => {
    toasts.value = toasts.peek().filter((other) => other.id !== id);
  };
  toasts.value = [...toasts.peek().filter((other) => other.text !== shown.text), shown].slice(-TOASTS_MAX);
  if (!shown.sticky) setTimeout(dismiss, SHOWN_MS + shown.text.length * 40);
  return dismiss;
}

/** Says that something failed, in the reader's language where that is known. */
export const toastError = (error: unknown): void => {
  toast({ text: problemWords(error), kind: 'error' });
};

/** Does something that need not be waited for; a failure is told. */
export const act = (promise: Promise<unknown>): void => void promise.catch(toastError);

/** The place of the toasts; once per page. */
export function Toaster() {
  const ref = useRef<HTMLDivElement>(null);
  const shown = toasts.value;
  useEffect(() => {
    const box = ref.current;
    if (!box?.isConnected) return;
    // Once more, to be above a dialog that was opened meanwhile.
    if (box.matches(':popover-open')) box.hidePopover();
    if (shown.length > 0) box.showPopover();
  }, [shown]);
  const polite = shown.filter((item) => item.kind !== 'error');
  const errors = shown.filter((item) => item.kind === 'error');
  return (
    <>
      <div ref={ref} class={css.toaster} popover="manual">
        {shown.map((item) => <Item key={item.id} item={item} />)}
      </div>
      <div class="hidden-text" role="status">{polite.map((item) => <p key={item.id}>{item.text}</p>)}</div>
      <div class="hidden-text" role="alert">{errors.map((item) => <p key={item.id}>{item.text}</p>)}</div>
    </>
  );
}

function Item({ item }: { item: Toast & { id: number } }) {
  const dismiss = () => {
    toasts.value = toasts.peek().filter((other) => other.id !== item.id);
  };
  return (
    <div class={cx(css.toast, item.kind === 'error' && css.error)}>
      {item.kind === 'error' && <Icon name="alert" size={18} />}
      <span class={css.text}>{item.text}</span>
      {item.action && (
        <button type="button" class={css.action} onClick={() => { dismiss(); item.action?.onClick(); }}>{item.action.label}</button>
      )}
      <button type="button" class={css.close} aria-label={t('common.dismiss')} onClick={dismiss}><Icon name="close" size={16} /></button>
    </div>
  );
}

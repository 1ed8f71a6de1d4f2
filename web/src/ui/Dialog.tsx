import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { problemWords, t } from '../i18n';
import { Button, IconButton } from './Button';
import { cx } from './cx';
import css from './Dialog.module.css';
import { Field } from './Field';

interface DialogProps {
  title: string;
  /** The title is for screen readers alone, and there is no row for it. */
  hideTitle?: boolean;
  onClose: () => void;
  /** The buttons at the end. */
  actions?: ComponentChildren;
  /** In pixels, at most. */
  width?: number;
  /** Near the top of the window instead of its middle; no sheet on a phone. */
  top?: boolean;
  /** Without the inner margin, for lists. */
  flush?: boolean;
  children: ComponentChildren;
}

/**
 * A modal dialog: the browser's own, which keeps the focus in and everything else out. It is open while it is rendered; Escape, the
 * cross and a click beside it call `onClose`. The focus goes to `autofocus` or the first control, and back to where it was.
 */
export function Dialog({ title, hideTitle, onClose, actions, width = 440, top, flush, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>('[autofocus], [data-autofocus]')?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  // A press that began inside (selecting text) and ends beside the dialog does not close it.
  const pressedBeside = useRef(false);
  return (
    <dialog
      ref={ref}
      class={cx(css.dialog, top && css.top)}
      style={{ '--width': `${width}px` }}
      aria-labelledby={titleId}
      onCancel={(event) => {
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        pressedBeside.current = event.target === event.currentTarget && isBeside(event, event.currentTarget);
      }}
      onClick={(event) => {
        if (pressedBeside.current && event.target === event.currentTarget) onClose();
      }}
    >
      {hideTitle ? (
        <h2 id={titleId} class="hidden-text">{title}</h2>
      ) : (
        <div class={css.head}>
          <h2 id={titleId}>{title}</h2>
          <IconButton icon="close" label={t('common.close')} onClick={onClose} />
        </div>
      )}
      <div class={cx(css.body, flush && css.flush)}>{children}</div>
      {actions && <div class={css.foot}>{actions}</div>}
    </dialog>
  );
}

function isBeside(event: MouseEvent, dialog: HTMLElement): boolean {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

interface ConfirmProps {
  title: string;
  /** What will happen, and what cannot be undone. */
  text: ComponentChildren;
  /** The verb on the button: "Leave group". */
  confirm: string;
  danger?: boolean;
  /** A word that must be typed first, for what hits many or cannot be undone. */
  typed?: string;
  /** May take time; its failure is shown in the dialog, which stays open. */
  onConfirm: () => void | Promise<void>;
  onClose: () => void;
  children?: ComponentChildren;
}

/** Asks before something is done. */
export function ConfirmDialog({ title, text, confirm, danger, typed, onConfirm, onClose, children }: ConfirmProps) {
  const [word, setWord] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const ready = typed === undefined || word.trim() === typed;
  const act = async () => {
    if (!ready || busy) return;
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (problem) {
      setError(problemWords(problem));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      width={420}
      actions={
        <>
          <Button onClick={onClose} data-autofocus={typed === undefined}>{t('common.cancel')}</Button>
          <Button kind={danger ? 'dangerSolid' : 'primary'} busy={busy} disabled={!ready} onClick={() => void act()}>{confirm}</Button>
        </>
      }
    >
      <p class={css.text}>{text}</p>
      {children}
      {typed !== undefined && (
        <form onSubmit={(event) => { event.preventDefault(); void act(); }}>
          <Field label={t('common.typeToConfirm', { word: typed })} value={word} onInput={setWord} autocomplete="off" data-autofocus />
        </form>
      )}
      {error && <p role="alert" style={{ color: 'var(--danger)' }}>{error}</p>}
    </Dialog>
  );
}

import { useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { IconButton } from './Button';
import css from './EmojiPicker.module.css';
import { lazy } from './lazy';
import { Popover } from './Popover';

const EmojiPicker = lazy(() => import('./EmojiPicker'));

/** Opens the emoji picker; it closes with the choice. */
export function EmojiButton({ onPick, label = t('common.emoji'), size = 'medium' }: { onPick: (char: string) => void; label?: string; size?: 'small' | 'medium' | 'large' }) {
  const ref = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton buttonRef={ref} icon="emoji" label={label} size={size} aria-haspopup="dialog" aria-expanded={open} onClick={() => setOpen(true)} />
      {open && ref.current && (
        <Popover anchor={ref.current} label={label} onClose={() => setOpen(false)} class={css.popover ?? ''}>
          <EmojiPicker onPick={(char) => { setOpen(false); onPick(char); }} />
        </Popover>
      )}
    </>
  );
}

/** The picker beside any anchor: for reactions. */
export function EmojiPopover({ anchor, onPick, onClose, label = t('common.emoji') }: { anchor: Element; onPick: (char: string) => void; onClose: () => void; label?: string }) {
  return (
    <Popover anchor={anchor} label={label} onClose={onClose} class={css.popover ?? ''}>
      <EmojiPicker onPick={onPick} />
    </Popover>
  );
}

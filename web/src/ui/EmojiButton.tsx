import { useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { IconButton } from './Button';
import { lazy } from './lazy';

const EmojiPopover = lazy(() => import('./EmojiPopover'), 'nothing');

/** Opens the emoji picker; it closes with the choice. */
export function EmojiButton({ onPick, label = t('common.emoji'), size = 'medium' }: { onPick: (char: string) => void; label?: string; size?: 'small' | 'medium' | 'large' }) {
  const ref = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton buttonRef={ref} icon="emoji" label={label} size={size} aria-haspopup="dialog" aria-expanded={open} onClick={() => setOpen(true)} />
      {open && ref.current && <EmojiPopover anchor={ref.current} label={label} onClose={() => setOpen(false)} onPick={(char) => { setOpen(false); onPick(char); }} />}
    </>
  );
}

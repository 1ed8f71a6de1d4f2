import { t } from '../i18n';
import css from './EmojiPicker.module.css';
import EmojiPicker from './EmojiPicker';
import { Popover } from './Popover';

/** The picker beside any anchor: for reactions, and in the composer. */
export default function EmojiPopover({ anchor, onPick, onClose, label = t('common.emoji') }: { anchor: Element; onPick: (char: string) => void; onClose: () => void; label?: string }) {
  return (
    <Popover anchor={anchor} label={label} onClose={onClose} class={css.popover ?? ''}>
      <EmojiPicker onPick={onPick} />
    </Popover>
  );
}

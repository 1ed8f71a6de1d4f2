import { useRef } from 'preact/hooks';
import { t } from '../i18n';
import { Button } from './Button';
import css from './Card.module.css';

interface PictureInputProps {
  /** There is one, which can be taken away. */
  has: boolean;
  busy: boolean;
  /** How much of it is there, 0 to 1, while it is on its way. */
  progress?: number;
  onPick: (file: File) => void;
  onRemove: () => void;
}

/** The buttons beside a picture that change it or take it away. */
export function PictureInput({ has, busy, progress = 0, onPick, onRemove }: PictureInputProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <span class={css.buttons}>
      <input
        ref={input}
        type="file"
        hidden
        accept="image/png,image/jpeg,image/gif,image/webp"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) onPick(file);
        }}
      />
      <Button size="small" icon="camera" busy={busy} onClick={() => input.current?.click()}>
        {busy && progress > 0 ? t('common.uploading', { percent: Math.round(progress * 100) }) : t('common.changePicture')}
      </Button>
      {has && !busy && <Button size="small" onClick={onRemove}>{t('common.remove')}</Button>}
    </span>
  );
}

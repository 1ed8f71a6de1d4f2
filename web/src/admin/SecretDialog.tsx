import { t } from '../i18n';
import { Button, Dialog } from '../ui';
import { Shown } from '../ui/Shown';
import css from './Admin.module.css';

/** A secret that was just made and is shown this once, with what belongs to it. */
export function SecretDialog({ title, secret, note, onClose }: { title: string; secret: string; note?: string | undefined; onClose: () => void }) {
  return (
    <Dialog title={title} width={480} onClose={onClose} actions={<Button onClick={onClose}>{t('common.done')}</Button>}>
      <Shown main label={t('admin.secret')} text={secret} note={<p class={css.muted}>{t('admin.secretOnce')}{note && ` ${note}`}</p>} />
    </Dialog>
  );
}

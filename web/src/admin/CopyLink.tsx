import { t } from '../i18n';
import { lazy } from '../ui';
import { Shown } from '../ui/Shown';
import css from './Admin.module.css';

const Qr = lazy(() => import('../ui/Qr'));

/** An address to hand over: as a picture, and as text. */
export function CopyLink({ url, note }: { url: string; note: string }) {
  return <Shown main label={t('admin.inviteLink')} text={url} note={<p class={css.muted}>{note}</p>}><Qr text={url} size={200} /></Shown>;
}

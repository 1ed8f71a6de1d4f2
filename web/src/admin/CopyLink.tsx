import { t } from '../i18n';
import { Button, lazy, useCopied } from '../ui';
import css from './Admin.module.css';

const Qr = lazy(() => import('../ui/Qr'));

/** An address to hand over: as a picture, as text to select, and with a button where the browser can copy. */
export function CopyLink({ url, note }: { url: string; note: string }) {
  const [copied, copy] = useCopied();
  return (
    <div class={css.link}>
      <Qr text={url} size={200} />
      <code class={css.address} tabIndex={0}>{url}</code>
      <p class={css.muted}>{note}</p>
      {navigator.clipboard && <Button kind="primary" icon={copied ? 'check' : 'copy'} data-autofocus onClick={() => copy(url)}>{t(copied ? 'common.copied' : 'common.copy')}</Button>}
    </div>
  );
}

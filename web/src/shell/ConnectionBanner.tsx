import { useEffect, useState } from 'preact/hooks';
import { store } from '../core';
import { t } from '../i18n';
import { Banner } from '../ui';

/** Shorter breaks are nobody's business. */
const QUIET_MS = 5_000;

/** Says that there is no connection, once that has lasted. */
export function ConnectionBanner() {
  const online = store.connection.value.state === 'online';
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (online) {
      setLate(false);
      return undefined;
    }
    const wait = setTimeout(() => setLate(true), QUIET_MS);
    return () => clearTimeout(wait);
  }, [online]);
  return late && !online ? <Banner icon="wifiOff">{t('common.noConnection')}</Banner> : null;
}

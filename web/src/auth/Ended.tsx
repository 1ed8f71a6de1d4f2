// The pages that say why nobody is in: signed out by somebody or something, or a server that is not there.

import { useState } from 'preact/hooks';
import { door, type EndReason, type Problem } from '../core';
import { problemWords, t } from '../i18n';
import { Button } from '../ui';
import { Frame, ProblemNote } from './Frame';

export function SignedOut({ reason, by }: { reason: EndReason; by: string | null }) {
  const goesOn = reason === 'replaced_by_same_device';
  return (
    <Frame title={t('auth.signedOut')} text={by ? t('auth.kickedBy', { device: by }) : t(`auth.kicked_${reason}`)}>
      {!goesOn && <p>{t('auth.signedOutText')}</p>}
      <Button kind="primary" size="large" wide data-autofocus onClick={() => void door.probe()}>
        {t(goesOn ? 'auth.useHere' : 'auth.backIn')}
      </Button>
    </Frame>
  );
}

export function Unreachable({ problem }: { problem: Problem }) {
  const [busy, setBusy] = useState(false);
  const retry = async () => {
    setBusy(true);
    await door.probe().catch(() => undefined);
    setBusy(false);
  };
  return (
    <Frame title={t('auth.unreachableTitle')} text={t('auth.unreachableText')}>
      <ProblemNote>{problem.code === 'offline' || problem.code === 'timeout' ? null : problemWords(problem)}</ProblemNote>
      <Button kind="primary" size="large" wide icon="retry" busy={busy} onClick={() => void retry()}>{t('common.retry')}</Button>
    </Frame>
  );
}

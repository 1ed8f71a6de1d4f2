import { useState } from 'preact/hooks';
import { actions, type SessionInfo } from '../core';
import { rich, t } from '../i18n';
import { Button, Card, ConfirmDialog, ErrorState, Pill, Row, SkeletonRows, Time, toast } from '../ui';
import { useAsked } from './useDoing';

/** Where one is logged in, this device first, then by last use. */
export function DevicesPage() {
  const { value: sessions, problem, again } = useAsked(actions.sessions);
  const [ending, setEnding] = useState<SessionInfo | 'others' | null>(null);
  if (!sessions) return problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={3} />;
  const others = sessions.filter((session) => !session.current).sort((a, b) => b.seen - a.seen);
  const end = async () => {
    // One after the other: those that are signed out stay so when a later one fails.
    for (const { session } of ending === 'others' ? others : ending ? [ending] : []) await actions.endSession(session);
    toast(t('settings.signedOut'));
    again();
  };
  return (
    <>
      <Card title={t('settings.thisOne')}>
        {sessions.filter((session) => session.current).map((session) => <Device key={session.session} session={session} />)}
      </Card>
      <Card title={t('settings.others')} note={t('settings.devicesNote')}>
        {others.length === 0 && <Row label={t('settings.noOthers')} />}
        {others.map((session) => <Device key={session.session} session={session} onEnd={() => setEnding(session)} />)}
        {others.length > 1 && (
          <Row label={t('settings.allOthers', { count: others.length })}>
            <Button size="small" kind="danger" onClick={() => setEnding('others')}>{t('settings.signOutOthers')}</Button>
          </Row>
        )}
      </Card>
      {ending && (
        <ConfirmDialog
          title={ending === 'others' ? t('settings.signOutOthers') : t('settings.signOutOf', { device: ending.device.name })}
          text={t('settings.signOutText')}
          confirm={t('settings.signOut')}
          danger
          onConfirm={end}
          onClose={() => setEnding(null)}
        />
      )}
    </>
  );
}

function Device({ session, onEnd }: { session: SessionInfo; onEnd?: () => void }) {
  const { device, address, created, seen, current } = session;
  const used = rich('settings.deviceUsed', { seen: <Time at={seen} kind="short" />, since: <Time at={created} kind="short" /> });
  return (
    <Row wrap label={device.name} hint={<>{used}{address && ` · ${address}`}</>}>
      {current ? <Pill tone="accent">{t('settings.thisDevice')}</Pill> : <Button size="small" onClick={onEnd}>{t('settings.signOut')}</Button>}
    </Row>
  );
}

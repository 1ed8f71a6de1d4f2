import { capabilities, store, type Capabilities } from '../core';
import { t, type PlainKey } from '../i18n';
import { overlay } from '../shell/panes';
import { Button, Card, Pill, Row } from '../ui';

/** What a page may lack at this address, and what is worse without it. */
const ABILITIES: readonly { of: keyof Capabilities; label: PlainKey; without: PlainKey }[] = [
  { of: 'serviceWorker', label: 'settings.canOffline', without: 'settings.noOffline' },
  { of: 'push', label: 'settings.canPush', without: 'settings.noPush' },
  { of: 'notifications', label: 'settings.canNotify', without: 'settings.noNotify' },
  { of: 'clipboard', label: 'settings.canCopy', without: 'settings.noCopy' },
  { of: 'microphone', label: 'settings.canRecord', without: 'settings.noRecord' },
  { of: 'locks', label: 'settings.canShareTabs', without: 'settings.noShareTabs' },
  { of: 'badge', label: 'settings.canBadge', without: 'settings.noBadge' },
];

export function AboutPage() {
  const server = store.server.value;
  const can = capabilities();
  return (
    <>
      <Card title={t('settings.server')}>
        <Row label={t('settings.serverName')}><span>{server?.name ?? t('common.unknown')}</span></Row>
        <Row label={t('settings.version')}><span>{server?.version ?? t('common.unknown')}</span></Row>
        <Row wrap label={t('settings.address')}><span>{server?.url ?? location.origin}</span></Row>
      </Card>
      <Card title={t('settings.thisBrowser')} note={can.secureContext ? t('settings.notSecure', { origin: location.origin }) : undefined}>
        {ABILITIES.map(({ of, label, without }) => (
          <Row key={of} label={t(label)} hint={can[of] && `${t(without)} ${t(can[of] === 'secure' ? 'settings.needsHttps' : 'settings.needsBrowser')}`}>
            <There lack={can[of] !== null} />
          </Row>
        ))}
        <Row label={t('settings.canKeep')} hint={!store.durable.value && t('settings.noKeep')}><There lack={!store.durable.value} /></Row>
      </Card>
      <Card title={t('settings.help')}>
        <Row label={t('common.keysTitle')} hint={t('settings.keysHint')}>
          <Button size="small" icon="keyboard" onClick={() => { overlay.value = 'keys'; }}>{t('settings.showKeys')}</Button>
        </Row>
      </Card>
    </>
  );
}

function There({ lack }: { lack: boolean }) {
  return <Pill tone={lack ? 'warn' : 'ok'}>{t(lack ? 'settings.notAvailable' : 'settings.available')}</Pill>;
}

import { actions, capabilities, store } from '../core';
import { problemWords, t, type PlainKey } from '../i18n';
import { act, Button, Card, Row, Switch, toast, toastError } from '../ui';
import { useDoing } from './useDoing';

/** iPhones and iPads have push only for pages on the home screen. */
function needsInstall(): boolean {
  const apple = /iPhone|iPad/.test(navigator.userAgent) || (/Mac/.test(navigator.platform) && navigator.maxTouchPoints > 1);
  return apple && !matchMedia('(display-mode: standalone)').matches;
}

/** Why there is no push, with the cure. */
function whyNoPush(): PlainKey {
  if (capabilities().push === 'secure') return 'settings.pushNeedsHttps';
  return needsInstall() ? 'settings.pushNeedsInstall' : 'settings.pushNotHere';
}

export function NotificationsPage() {
  const { sound, notifications, showText } = store.preferences.value;
  const blocked = typeof Notification !== 'undefined' && Notification.permission === 'denied';
  const lack = capabilities().notifications;
  const allow = async (on: boolean) => {
    actions.setPreferences({ notifications: on });
    if (on && lack === null && (await actions.allowNotifications()) === 'denied') toastError(new Error(t('settings.pushBlocked')));
  };
  const show = (on: boolean) => {
    actions.setPreferences({ showText: on });
    // The server has to know as well: it writes the words of a push.
    if (store.push.peek() === 'on') act(actions.pushOn());
  };
  return (
    <>
      <Card title={t('settings.whileOpen')} note={t('settings.thisDeviceNote')}>
        <Row label={t('settings.sound')}>
          {(id) => <Switch labelledBy={id} checked={sound} onChange={(on) => actions.setPreferences({ sound: on })} />}
        </Row>
        <Row
          label={t('settings.desktop')}
          hint={t(lack === 'secure' ? 'settings.notificationsNeedHttps' : lack ? 'settings.notificationsNotHere' : blocked ? 'settings.pushBlocked' : 'settings.desktopHint')}
        >
          {(id) => <Switch labelledBy={id} checked={notifications && lack === null} disabled={lack !== null} onChange={(on) => void allow(on)} />}
        </Row>
        <Row label={t('settings.showText')} hint={t('settings.showTextHint')}>
          {(id) => <Switch labelledBy={id} checked={showText} onChange={show} />}
        </Row>
      </Card>
      <PushCard />
    </>
  );
}

/** Notifications while no page of Tidings is open. */
function PushCard() {
  const state = store.push.value;
  const { busy, problem, run } = useDoing();
  const hint: PlainKey = state === 'on' ? 'settings.pushIsOn'
    : state === 'off' ? 'settings.pushIsOff'
    : state === 'blocked' ? 'settings.pushBlocked'
    : state === 'unknown' ? 'common.loading'
    : whyNoPush();
  const test = async () => {
    await actions.pushTest();
    toast(t('settings.testSent'));
  };
  return (
    <Card title={t('settings.whileClosed')}>
      <Row wrap label={t('settings.push')} hint={t(hint)} error={problem !== null && problemWords(problem)}>
        {state === 'off' && <Button kind="primary" size="small" busy={busy} onClick={() => void run(actions.pushOn)}>{t('settings.turnOn')}</Button>}
        {state === 'on' && (
          <>
            <Button size="small" busy={busy} onClick={() => void run(test)}>{t('settings.sendTest')}</Button>
            <Button size="small" disabled={busy} onClick={() => void run(actions.pushOff)}>{t('settings.turnOff')}</Button>
          </>
        )}
      </Row>
    </Card>
  );
}

import { actions, store } from '../core';
import { LANGUAGES, t, type Language } from '../i18n';
import { Card, Row, Segmented, Switch } from '../ui';

export function AppearancePage() {
  const preferences = store.preferences.value;
  return (
    <Card title={t('settings.thisDevice')} note={t('settings.thisDeviceNote')}>
      <Row wrap label={t('settings.theme')}>
        {(id) => (
          <Segmented
            labelledBy={id}
            value={preferences.theme}
            onChange={(theme) => actions.setPreferences({ theme })}
            options={[{ value: 'system', label: t('settings.asSystem') }, { value: 'light', label: t('settings.light') }, { value: 'dark', label: t('settings.dark') }]}
          />
        )}
      </Row>
      <Row wrap label={t('common.language')}>
        {(id) => (
          <Segmented
            labelledBy={id}
            value={preferences.language}
            onChange={(language) => actions.setPreferences({ language })}
            options={[{ value: 'system' as Language, label: t('settings.asSystem') }, ...LANGUAGES.map(({ locale, name, tag }) => ({ value: locale as Language, label: name, lang: tag }))]}
          />
        )}
      </Row>
      <Row wrap label={t('settings.density')}>
        {(id) => (
          <Segmented
            labelledBy={id}
            value={preferences.density}
            onChange={(density) => actions.setPreferences({ density })}
            options={[{ value: 'comfortable', label: t('settings.comfortable') }, { value: 'compact', label: t('settings.compact') }]}
          />
        )}
      </Row>
      <Row label={t('settings.enterSends')} hint={t('settings.enterSendsHint')}>
        {(id) => <Switch labelledBy={id} checked={preferences.enter === 'send'} onChange={(on) => actions.setPreferences({ enter: on ? 'send' : 'newline' })} />}
      </Row>
      <Row label={t('settings.pictures')} hint={t('settings.picturesHint')}>
        {(id) => <Switch labelledBy={id} checked={preferences.pictures === true} onChange={(pictures) => actions.setPreferences({ pictures })} />}
      </Row>
    </Card>
  );
}

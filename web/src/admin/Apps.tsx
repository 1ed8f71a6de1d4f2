import { useState } from 'preact/hooks';
import { NAME_CHARS_MAX } from '../auth/rules';
import { admin } from '../core';
import { date, t } from '../i18n';
import { go, paths } from '../router';
import { Avatar, Button, Card, Dialog, ErrorState, Field, ListRow, Row, SkeletonRows } from '../ui';
import { Form } from '../settings/Form';
import { useAsked, useDoing } from '../settings/useDoing';
import { AppPage } from './App';
import { AppPill } from './AppPill';

/** Tenants: the systems that use this server as their chat. */
export function AppsPage({ item }: { item: string | null }) {
  return item === null ? <List /> : <AppPage key={item} app={item} />;
}

function List() {
  const { value, problem, again } = useAsked(() => admin.apps());
  const [making, setMaking] = useState(false);
  if (!value) return problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={3} />;
  return (
    <>
      <Card note={t('admin.appsNote')}>
        <Row label={t(value.apps.length > 1 ? 'admin.anotherApp' : 'admin.noApps')}><Button kind="primary" size="small" icon="add" onClick={() => setMaking(true)}>{t('admin.newApp')}</Button></Row>
        {value.apps.map((app) => (
          <ListRow
            key={app.app} href={paths.console('apps', app.app)} leading={<Avatar id={app.name} name={app.name} size={40} shape="square" />}
            title={app.name} subtitle={t('admin.appLine', { id: String(app.app), time: date(app.created) })} trailing={<AppPill app={app} />}
          />
        ))}
      </Card>
      {making && <NewApp onClose={() => setMaking(false)} />}
    </>
  );
}

function NewApp({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const { busy, problem, run } = useDoing();
  const make = () => void run(async () => {
    const { app } = await admin.createApp(name.trim());
    onClose();
    go(paths.console('apps', app));
  });
  return (
    <Dialog title={t('admin.newApp')} width={420} onClose={onClose}>
      <Form submit={t('admin.makeApp')} busy={busy} disabled={name.trim() === ''} problem={problem} onSubmit={make}>
        <Field label={t('admin.appName')} hint={t('admin.appNameHint')} autocapitalize="none" autocomplete="off" spellcheck={false} maxLength={NAME_CHARS_MAX} data-autofocus value={name} onInput={setName} />
      </Form>
    </Dialog>
  );
}

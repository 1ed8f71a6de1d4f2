// What stands in place of the field where one cannot write, and what can be done about it.

import { actions, store, type Row, type Writable } from '../core';
import { dateTime, t } from '../i18n';
import { go, paths } from '../router';
import { act, Button } from '../ui';
import css from './Composer.module.css';
import type { Pane } from './pane';

export default function Closed({ pane, writable, refused, until }: { pane: Pane; writable: Writable; refused: Row | null; until: number | null }) {
  const { peer } = pane.view.meta.value;
  if (peer !== null && store.person(peer).value.blocked) {
    return (
      <div class={css.closed} role="status">
        <span>{t('chat.closedBlocked')}</span>
        <Button size="small" onClick={() => act(actions.block(peer, false))}>{t('chat.unblock')}</Button>
      </div>
    );
  }
  if (refused) return <Refused pane={pane} row={refused} />;
  return writable === 'open' ? null : <div class={css.closed} role="status">{closedWords(writable, until)}</div>;
}

function Refused({ pane, row }: { pane: Pane; row: Row }) {
  const peer = pane.view.meta.value.peer ?? '';
  const { name } = store.person(peer).value;
  const stranger = row.problem?.code === 'stranger';
  return (
    <div class={css.closed} role="status">
      <span>{t(stranger ? 'chat.closedStranger' : 'chat.closedRefused', { name })}</span>
      {stranger && <Button size="small" kind="primary" onClick={() => go(paths.user(peer))}>{t('chat.addFriend')}</Button>}
      <Button size="small" icon="retry" onClick={() => act(actions.retry(row.id))}>{t('common.retry')}</Button>
      <Button size="small" kind="quiet" onClick={() => act(actions.discard(row.id))}>{t('chat.discard')}</Button>
    </div>
  );
}

function closedWords(writable: Exclude<Writable, 'open'>, until: number | null): string {
  switch (writable) {
    case 'gone': return t('chat.closedGone');
    case 'dissolved': return t('chat.closedDissolved');
    case 'muted': return t('chat.closedMuted');
    case 'silenced': return t('chat.closedSilenced', { time: until ? dateTime(until) : '' });
    case 'deleted': return t('chat.closedDeleted');
    case 'service': return t('chat.closedService');
  }
}

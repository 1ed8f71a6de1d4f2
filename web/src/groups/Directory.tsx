import { useState } from 'preact/hooks';
import { actions, problemOf, type GroupPreview } from '../core';
import { t } from '../i18n';
import { go, paths } from '../router';
import { Button, Card, Dialog, Field, ListRow, Pill, SkeletonRows, TextArea, toast } from '../ui';
import { useDoing } from '../contacts/useLoad';
import { GroupFace } from './GroupFace';
import css from './Groups.module.css';

interface Found {
  text: string;
  groups: GroupPreview[];
  more: boolean;
}

/** Finding public groups by their names. */
export function Directory() {
  const [text, setText] = useState('');
  const [found, setFound] = useState<Found | null>(null);
  const { busy, problem, run } = useDoing();
  const search = (wanted: string, so?: Found) =>
    void run(async () => {
      if (!so) setFound(null);
      const { items, more } = await actions.findGroups(wanted, so?.groups.at(-1)?.conversation ?? null).catch((error: unknown) => {
        throw problemOf(error).code === 'forbidden' ? new Error(t('groups.directoryOff')) : error;
      });
      setFound({ text: wanted, groups: [...(so?.groups ?? []), ...items], more: more && items.length > 0 });
    });
  const changed = (group: GroupPreview) =>
    setFound((so) => so && { ...so, groups: so.groups.map((other) => (other.conversation === group.conversation ? group : other)) });
  return (
    <>
      <form class={css.find} role="search" onSubmit={(event) => { event.preventDefault(); if (text.trim()) search(text.trim()); }}>
        <Field label={t('groups.find')} hideLabel type="search" icon="search" placeholder={t('groups.findPlaceholder')} autocomplete="off" maxLength={128} value={text} onInput={setText} error={problem} />
        <Button type="submit" kind="primary" size="large" busy={busy} disabled={text.trim() === ''}>{t('common.search')}</Button>
      </form>
      {busy && !found && <SkeletonRows count={3} />}
      {found && (
        <Card title={t('groups.found')}>
          <div role="status">
            {found.groups.length === 0 ? <ListRow title={t('groups.noneFound', { text: found.text })} /> : <span class="hidden-text">{t('common.results', { count: found.groups.length })}</span>}
          </div>
          <ul>{found.groups.map((group) => <Result key={group.conversation} group={group} onChange={changed} />)}</ul>
          {found.more && <Button wide kind="quiet" busy={busy} onClick={() => search(found.text, found)}>{t('common.loadMore')}</Button>}
        </Card>
      )}
    </>
  );
}

function Result({ group, onChange }: { group: GroupPreview; onChange: (group: GroupPreview) => void }) {
  const [asking, setAsking] = useState(false);
  const { busy, problem, run } = useDoing();
  const join = () =>
    void run(async () => {
      await actions.join(group.conversation, null);
      go(paths.chat(group.conversation));
    });
  const words = [t('groups.memberCount', { count: group.members }), group.introduction].filter(Boolean).join(' · ');
  return (
    <li class={css.group}>
      <ListRow leading={<GroupFace id={group.conversation} title={group.title} avatar={group.avatar} size={44} />} title={group.title} subtitle={problem ?? words} />
      {group.joined ? (
        <Button size="small" icon="chat" onClick={() => go(paths.chat(group.conversation))}>{t('common.open')}</Button>
      ) : group.asked ? (
        <Button size="small" icon="clock" disabled>{t('groups.asked')}</Button>
      ) : group.join === 'free' ? (
        <Button size="small" kind="primary" busy={busy} onClick={join}>{t('groups.join')}</Button>
      ) : group.join === 'approval' ? (
        <Button size="small" kind="primary" onClick={() => setAsking(true)}>{t('groups.ask')}</Button>
      ) : (
        <Pill>{t('groups.byInvitation')}</Pill>
      )}
      {asking && <AskToJoin group={group} onAsked={() => onChange({ ...group, asked: true })} onClose={() => setAsking(false)} />}
    </li>
  );
}

const GREETING_MAX = 200;

function AskToJoin({ group, onAsked, onClose }: { group: GroupPreview; onAsked: () => void; onClose: () => void }) {
  const [greeting, setGreeting] = useState('');
  const { busy, problem, run } = useDoing();
  const ask = () =>
    void run(async () => {
      const how = await actions.join(group.conversation, greeting.trim() || null);
      onClose();
      if (how === 'joined') return go(paths.chat(group.conversation));
      onAsked();
      toast(t('groups.askedToast', { title: group.title }));
    });
  return (
    <Dialog
      title={t('groups.askTitle', { title: group.title })}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" busy={busy} onClick={ask}>{t('groups.ask')}</Button>
        </>
      }
    >
      <div class={css.form}>
        <p class={css.muted}>{t('groups.askText')}</p>
        <TextArea label={t('contacts.greeting')} optional limit={GREETING_MAX} value={greeting} onInput={(words) => setGreeting(words.replace(/\n/g, ' '))} data-autofocus />
        {problem && <p class={css.error} role="alert">{problem}</p>}
      </div>
    </Dialog>
  );
}

import { useState } from 'preact/hooks';
import { actions, store, thumbnailUrl, type ConversationView, type Entry } from '../core';
import { bytes, t } from '../i18n';
import { go, linkTo, paths } from '../router';
import { detailsOpen } from '../shell/panes';
import { Button, Icon, IconButton, lazy, ListRow, Pill } from '../ui';
import { ChatSwitches } from '../contacts/ChatSwitches';
import { failed } from '../contacts/message';
import { useLoad } from '../contacts/useLoad';
import { EndingDialog } from './Endings';
import { GroupFace } from './GroupFace';
import css from './Groups.module.css';
import { InviteDialog } from './Invite';
import { JoinRequests } from './JoinRequests';
import { powersOf } from './may';
import { Members } from './Members';

const Hooks = lazy(async () => ({ default: (await import('../hooks')).Hooks }), 'nothing');

/** What stands beside the thread of a group: its card, its members, what was pinned and sent in it. */
export function GroupDetails({ view }: { view: ConversationView }) {
  const [dialog, setDialog] = useState<'invite' | 'leave' | null>(null);
  const meta = view.meta.value;
  const may = powersOf(meta);
  const card = meta.group?.card;
  const change = (act: (conversation: number) => Promise<void>) => void act(view.id).catch(failed);
  return (
    <section aria-label={t('groups.details')}>
      <header class={css.head}>
        <h2>{t('groups.details')}</h2>
        <IconButton icon="close" label={t('common.close')} onClick={() => { detailsOpen.value = false; }} />
      </header>
      <div class={css.top}>
        <GroupFace id={view.id} title={view.title.value} avatar={view.avatar.value} size={72} />
        <h3>{view.title.value}</h3>
        <p class={css.muted}>{t('groups.memberCount', { count: meta.members })}{meta.group && ` · ${t(meta.group.rules.kind === 'public' ? 'groups.publicGroup' : 'groups.privateGroup')}`}</p>
        {meta.group?.dissolved ? <Pill>{t('groups.dissolved')}</Pill> : meta.inbox.gone && <Pill>{t('groups.gone')}</Pill>}
        {card?.introduction && <p class={css.notice}>{card.introduction}</p>}
        {!meta.inbox.gone && !meta.group?.dissolved && (
          <div class={css.buttons}>
            {may.invite && <Button size="small" icon="add" onClick={() => setDialog('invite')}>{t('groups.invite')}</Button>}
            <Button size="small" icon="settings" onClick={() => go(paths.group(view.id))}>{t('groups.manage')}</Button>
          </div>
        )}
      </div>
      {card?.notice && <Part title={t('groups.notice')}><p class={css.notice}>{card.notice}</p></Part>}
      {may.manage && <div class={css.asks}><JoinRequests view={view} /></div>}
      {!meta.inbox.gone && <Part title={t('groups.membersTitle', { count: meta.members })}><Members view={view} /></Part>}
      <Pins view={view} />
      <Media view={view} />
      {(may.manage || store.me.value?.administrator) && !meta.group?.dissolved && <Hooks view={view} />}
      <Part title={t('contacts.conversation')}><ChatSwitches chat={view} change={change} /></Part>
      {may.leave && <Part><Button wide kind="danger" icon="logout" onClick={() => setDialog('leave')}>{t('groups.leave')}</Button></Part>}
      {dialog === 'invite' && <InviteDialog view={view} onClose={() => setDialog(null)} />}
      {dialog === 'leave' && <EndingDialog view={view} ending="leave" onClose={() => setDialog(null)} />}
    </section>
  );
}

function Part({ title, children }: { title?: string; children: preact.ComponentChildren }) {
  return <div class={css.part}>{title && <h3>{title}</h3>}{children}</div>;
}

const PINS_SHOWN = 5;

function Pins({ view }: { view: ConversationView }) {
  useLoad(() => actions.loadPins(view.id), [view.id]);
  const pins = view.pins.value;
  if (!pins || pins.length === 0) return null;
  return (
    <Part title={t('groups.pinned', { count: pins.length })}>
      <ul>
        {pins.slice(0, PINS_SHOWN).map((row) => (
          <li key={row.id}>
            <ListRow href={paths.chat(view.id, row.seq)} leading={<Icon name="pin" />} title={'text' in row.body ? row.body.text.text : 'media' in row.body ? row.body.media.info.name : t('groups.message')} subtitle={store.person(row.author).value.name} />
          </li>
        ))}
      </ul>
    </Part>
  );
}

const TILES_SHOWN = 8;
const FILES_SHOWN = 4;

/** The newest pictures and files; each leads to its message. Asked for anew when something was sent. */
function Media({ view }: { view: ConversationView }) {
  const [entries, setEntries] = useState<Entry[]>([]);
  useLoad(() => actions.gallery(view.id, ['image', 'file', 'video']).then(setEntries), [view.id, view.meta.value.head]);
  const media = entries.flatMap(({ seq, body }) => ('media' in body ? [{ seq, kind: body.media.kind, info: body.media.info }] : []));
  const pictures = media.filter(({ info }) => info.thumbnail).slice(0, TILES_SHOWN);
  const files = media.filter(({ kind, info }) => kind !== 'image' && !info.thumbnail).slice(0, FILES_SHOWN);
  if (pictures.length + files.length === 0) return null;
  return (
    <Part title={t('groups.media')}>
      {pictures.length > 0 && (
        <div class={css.tiles}>
          {pictures.map(({ seq, info }) => <a key={seq} {...linkTo(paths.chat(view.id, seq))}><img src={thumbnailUrl(info.media)} alt={info.name} loading="lazy" /></a>)}
        </div>
      )}
      {files.map(({ seq, info }) => <ListRow key={seq} href={paths.chat(view.id, seq)} leading={<Icon name="file" />} title={info.name} subtitle={bytes(info.bytes)} />)}
    </Part>
  );
}

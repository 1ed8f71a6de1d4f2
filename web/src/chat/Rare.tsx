// What few messages hold: voices, files, places, contacts, what other systems post, what was not sent. It comes with the first of them.

import { useRef, useState } from 'preact/hooks';
import { actions, store, type Attachment, type Location, type Row, type UserId } from '../core';
import { Face } from '../contacts/Face';
import { bytes, duration, problemWords, t, withWords } from '../i18n';
import { go, paths } from '../router';
import { act, Button, Icon, IconButton, lazy, toastError } from '../ui';
import css from './Bodies.module.css';
import message from './Message.module.css';
import type { Pane } from './pane';

const Post = lazy(async () => ({ default: (await withWords(import('./Post'))).Post }), 'nothing');
const Buttons = lazy(async () => ({ default: (await withWords(import('./Buttons'))).Buttons }), 'nothing');

export function Other({ pane, row }: { pane: Pane; row: Row }) {
  const { body } = row;
  if ('buttons' in body) return <Buttons pane={pane} row={row} buttons={body.buttons} />;
  if ('post' in body) return <Post row={row} post={body.post} />;
  if ('location' in body) return <Place place={body.location} />;
  if ('contact_card' in body) return <PersonCard user={body.contact_card.user} />;
  if ('sticker' in body) return body.sticker.set === null ? <span class={css.sticker}>{body.sticker.name}</span> : <span class={css.muted}><Icon name="emoji" /> {t('chat.sticker')}</span>;
  if ('custom' in body) return <span class={css.muted}><Icon name="code" /> {t('chat.custom')} <code>{body.custom.kind}</code></span>;
  return <span class={css.muted}><Icon name="info" /> {t('chat.unknownBody')}</span>;
}

export function FileRow({ media: { info }, source }: { media: Attachment; source: string }) {
  return (
    <a class={css.card} href={source} download={info.name}>
      <span class={css.tile}><Icon name="file" /></span>
      <span class={css.lines}><span>{info.name}</span><span class={css.small}>{bytes(info.bytes)}</span></span>
      <Icon name="download" />
    </a>
  );
}

export function Progress({ row }: { row: Row }) {
  return (
    <div class={css.progress}>
      <progress max={1} value={row.progress ?? 0} aria-label={t('chat.sending')} />
      <IconButton icon="close" label={t('common.cancel')} onClick={() => act(actions.discard(row.id))} />
    </div>
  );
}

export function Failed({ row }: { row: Row }) {
  return (
    <div class={message.failed} role="alert">
      <span>{t('chat.notDelivered', { reason: row.problem ? problemWords(row.problem) : t('chat.reasonUnknown') })}</span>
      <Button size="small" kind="danger" icon="retry" onClick={() => act(actions.retry(row.id))}>{t('common.retry')}</Button>
      <Button size="small" kind="quiet" onClick={() => act(actions.discard(row.id))}>{t('chat.discard')}</Button>
    </div>
  );
}

function Place({ place }: { place: Location }) {
  const [latitude, longitude] = [place.latitude_e6 / 1e6, place.longitude_e6 / 1e6];
  const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=15/${latitude}/${longitude}`;
  return (
    <a class={css.card} href={href} target="_blank" rel="noopener noreferrer nofollow" title={t('chat.openMap')}>
      <span class={css.tile}><Icon name="place" /></span>
      <span class={css.lines}><span>{place.name ?? t('chat.location')}</span><span class={css.small}>{latitude.toFixed(5)}, {longitude.toFixed(5)}</span></span>
    </a>
  );
}

function PersonCard({ user }: { user: UserId }) {
  const person = store.person(user).value;
  return (
    <div>
      <div class={css.card}>
        <Face user={user} presence={false} />
        <span class={css.lines}><span>{person.name}</span><span class={css.small}>@{user}</span></span>
      </div>
      <div class={css.buttons}>
        <Button size="small" onClick={() => go(paths.user(user))}>{t('chat.openProfile')}</Button>
        <Button size="small" onClick={() => void actions.openDirect(user).then((id) => go(paths.chat(id)), toastError)}>{t('chat.sayHello')}</Button>
      </div>
    </div>
  );
}

/** Only one voice is heard at a time. */
let speaking: HTMLAudioElement | null = null;

export function Voice({ source, length }: { source: string; length: number | null }) {
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const total = (length ?? 0) / 1000;
  const toggle = () => {
    const player = audio.current;
    if (!player) return;
    if (!player.paused) return player.pause();
    if (speaking !== player) speaking?.pause();
    speaking = player;
    act(player.play());
  };
  return (
    <div class={css.voice}>
      <audio ref={audio} src={source} preload="none" onPlay={() => setPlaying(true)} onPause={() => setPlaying(false)} onEnded={() => { setPlaying(false); setAt(0); }} onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)} />
      <IconButton icon={playing ? 'pause' : 'play'} label={t(playing ? 'chat.pause' : 'chat.play')} onClick={toggle} />
      <input
        type="range" min={0} max={Math.max(total, at)} step={0.1} value={at} aria-label={t('chat.position')} aria-valuetext={duration(at * 1000)}
        onInput={(event) => { if (audio.current) audio.current.currentTime = Number(event.currentTarget.value); }}
      />
      <span class={css.small}>{duration(at > 0 ? at * 1000 : total * 1000)}</span>
    </div>
  );
}

// The inside of a bubble, one component per kind of message.

import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { mediaUrl, thumbnailUrl, type Attachment, type Row, type Text } from '../core';
import { t } from '../i18n';
import { paths } from '../router';
import { lazy } from '../ui';
import { Markdown } from '../ui/Markdown';
import css from './Bodies.module.css';
import type { Pane } from './pane';
import { me, nameIn } from './words';

const Other = lazy(async () => ({ default: (await import('./Rare')).Other }), 'nothing');
const FileRow = lazy(async () => ({ default: (await import('./Rare')).FileRow }), 'nothing');
const Progress = lazy(async () => ({ default: (await import('./Rare')).Progress }), 'nothing');
const Voice = lazy(async () => ({ default: (await import('./Rare')).Voice }), 'nothing');

const IMAGE_WIDTH_MAX = 300;
const IMAGE_HEIGHT_MAX = 360;
const IMAGE_UNKNOWN = 200;

/** What a message holds; `foot` (time, ticks) floats at the end of its last line. */
export function Content({ pane, row, foot }: { pane: Pane; row: Row; foot: ComponentChildren }) {
  const { body } = row;
  if ('text' in body) return <Words pane={pane} row={row} text={body.text} foot={foot} />;
  if ('media' in body) return <Media pane={pane} row={row} media={body.media} foot={foot} />;
  return <div class={css.block}><Other pane={pane} row={row} /><div class={css.foot}>{foot}</div></div>;
}

export function Words({ pane, row, text, foot }: { pane: Pane; row: Row; text: Text; foot?: ComponentChildren }) {
  return (
    <Markdown
      text={text.text}
      markdown={text.markdown}
      mentions={text.mentions}
      mention_all={text.mention_all}
      own={row.mine}
      me={me()}
      nameOf={(user) => (user === null ? t('chat.everybody') : nameIn(pane.view, user))}
      hrefOf={paths.user}
    >
      {foot}
    </Markdown>
  );
}

/** The address of a file: of this device's own copy while it is on its way. */
function useSource(row: Row, media: Attachment): string {
  const own = useMemo(() => (row.file && !media.info.media ? URL.createObjectURL(row.file) : null), [row.file, media.info.media]);
  useEffect(() => () => { if (own) URL.revokeObjectURL(own); }, [own]);
  return own ?? mediaUrl(media.info.media);
}

function Media({ pane, row, media, foot }: { pane: Pane; row: Row; media: Attachment; foot: ComponentChildren }) {
  const source = useSource(row, media);
  const { kind, info } = media;
  const caption = media.caption.text !== '';
  return (
    <div class={css.block}>
      {kind === 'image' ? <Photo pane={pane} row={row} media={media} source={source} />
        : kind === 'video' ? <video class={css.video} controls preload="metadata" src={source} {...(info.thumbnail ? { poster: thumbnailUrl(info.media) } : {})} aria-label={info.name} />
          : kind === 'voice' ? <Voice source={source} length={info.duration_ms} />
            : <FileRow media={media} source={source} />}
      {row.progress !== null && <Progress row={row} />}
      {caption ? <div class={css.caption}><Words pane={pane} row={row} text={media.caption} foot={foot} /></div> : <div class={css.foot}>{foot}</div>}
    </div>
  );
}

/** A picture in the place that its size reserves, so that nothing jumps when it comes. */
function Photo({ pane, row, media, source }: { pane: Pane; row: Row; media: Attachment; source: string }) {
  const { info } = media;
  const width = info.width ?? IMAGE_UNKNOWN;
  const height = info.height ?? IMAGE_UNKNOWN;
  const scale = Math.min(1, IMAGE_WIDTH_MAX / width, IMAGE_HEIGHT_MAX / height);
  return (
    <button
      type="button"
      class={css.photo}
      style={{ width: `${Math.round(width * scale)}px`, 'aspect-ratio': `${width} / ${height}` }}
      aria-label={t('chat.openPhoto', { name: info.name })}
      onClick={() => { pane.dialog.value = { kind: 'photo', id: row.id }; }}
    >
      <img src={info.thumbnail && info.media ? thumbnailUrl(info.media) : source} alt="" loading="lazy" decoding="async" draggable={false} />
    </button>
  );
}

import { useEffect, useRef, useState } from 'preact/hooks';
import { mediaUrl, type Row } from '../core';
import { t } from '../i18n';
import { cx, Icon } from '../ui';
import css from './Above.module.css';
import type { Pane } from './pane';

const infoOf = (row: Row) => ('media' in row.body && row.body.media.kind === 'image' && row.body.media.info.media ? row.body.media.info : null);

/** The pictures of the thread over the whole window: arrows go on, the keys + and - zoom, Escape closes. */
export function Lightbox({ pane, first, onClose }: { pane: Pane; first: string; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [id, setId] = useState(first);
  const [zoomed, setZoomed] = useState(false);
  const pictures = pane.thread.rows.value.filter(infoOf);
  const at = pictures.findIndex((row) => row.id === id);
  const row = pictures[at];
  const info = row && infoOf(row);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      dialog.current?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  // A picture that is recalled meanwhile, or not on the server yet.
  useEffect(() => { if (!info) onClose(); }, [info === null || info === undefined]);
  const step = (by: number) => {
    const next = pictures[at + by];
    if (!next) return;
    setZoomed(false);
    setId(next.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowLeft' && !zoomed) step(-1);
    else if (event.key === 'ArrowRight' && !zoomed) step(1);
    else if (event.key === '+' || event.key === '-') setZoomed(event.key === '+');
  };
  return (
    <dialog ref={dialog} class={css.box} aria-label={info?.name ?? t('chat.photo')} onKeyDown={onKeyDown} onCancel={(event) => { event.preventDefault(); onClose(); }}>
      {info && (
        <>
          <div class={css.tools}>
            <span>{info.name}</span>
            <button type="button" aria-label={t('chat.zoom')} aria-pressed={zoomed} onClick={() => setZoomed(!zoomed)}><Icon name={zoomed ? 'close' : 'search'} /></button>
            <a href={mediaUrl(info.media)} download={info.name} aria-label={t('common.download')}><Icon name="download" /></a>
            <button type="button" aria-label={t('common.close')} onClick={onClose}><Icon name="close" /></button>
          </div>
          <div class={cx(css.stage, zoomed && css.zoomed)}><img src={mediaUrl(info.media)} alt={info.name} onClick={() => setZoomed(!zoomed)} /></div>
          {at > 0 && <button type="button" class={cx(css.step, css.before)} aria-label={t('chat.previous')} onClick={() => step(-1)}><Icon name="back" /></button>}
          {at < pictures.length - 1 && <button type="button" class={cx(css.step, css.after)} aria-label={t('chat.next')} onClick={() => step(1)}><Icon name="next" /></button>}
        </>
      )}
    </dialog>
  );
}

// Files in messages. The frame has no cookie, so that their content is fetched with the session's token when it is wanted, and shown from
// this page's own copy.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Row } from '../core/model';
import type { Attachment } from '../core/protocol';
import css from './Embed.module.css';
import { bytes, duration, problemWords, t } from './i18n';
import type { Pane } from './pane';
import { Icon } from './parts';
import type { Session } from './session';

const WIDTH_MAX = 240;
const HEIGHT_MAX = 280;
/** A picture without a small one is fetched as it is up to here; a larger one is a file. */
const WHOLE_BYTES_MAX = 2_000_000;
/** What is played is in the memory of the page: a longer film is a file. */
const PLAYED_BYTES_MAX = 64_000_000;

type Info = Attachment['info'];

export function Media({ pane, row, media, children }: { pane: Pane; row: Row; media: Attachment; children: ComponentChildren }) {
  const { session } = pane;
  const { kind, info } = media;
  const here = row.file !== null || info.media === '';
  const shown = kind === 'image' && (here || info.thumbnail || info.bytes <= WHOLE_BYTES_MAX);
  const played = (kind === 'voice' || kind === 'video') && info.media !== '' && info.bytes <= PLAYED_BYTES_MAX;
  return (
    <>
      {shown ? <Photo pane={pane} row={row} info={info} /> : played ? <Player session={session} kind={kind} info={info} /> : <FileRow session={session} info={info} />}
      {children}
    </>
  );
}

/** A file's content as an address of this page; fetched when `path` is there, given back when nobody shows it any more. */
function useFile(session: Session, path: string | null): { source: string | null; failed: boolean; again: () => void } {
  const [source, setSource] = useState<string | null>(null);
  const [tries, setTries] = useState(0);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    setFailed(false);
    if (path === null) return;
    let address: string | null = null;
    let left = false;
    session.file(path).then((blob) => {
      if (left) return;
      address = URL.createObjectURL(blob);
      setSource(address);
    }, () => { if (!left) setFailed(true); });
    return () => {
      left = true;
      setSource(null);
      if (address) URL.revokeObjectURL(address);
    };
  }, [path, tries]);
  return { source, failed, again: () => setTries(tries + 1) };
}

/** A picture in the place that its size reserves, so that nothing jumps when it comes. */
function Photo({ pane, row, info }: { pane: Pane; row: Row; info: Info }) {
  // What is sent from here is shown from here, also when it has arrived.
  const [own] = useState(() => (row.file ? URL.createObjectURL(row.file) : null));
  useEffect(() => () => { if (own) URL.revokeObjectURL(own); }, [own]);
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const { source, failed, again } = useFile(pane.session, own ? null : `/media/${info.media}/${info.thumbnail ? 'thumbnail' : 'content'}`);
  const width = info.width ?? natural?.width ?? WIDTH_MAX;
  const height = info.height ?? natural?.height ?? WIDTH_MAX;
  const scale = Math.min(1, WIDTH_MAX / width, HEIGHT_MAX / height);
  const size = { width: `${Math.max(64, Math.round(width * scale))}px`, 'aspect-ratio': `${width} / ${height}` };
  const shown = own ?? source;
  return (
    <button
      type="button" class={css.photo} style={size} aria-label={failed ? t('chat.photoAgain', { name: info.name }) : t('chat.photo', { name: info.name })}
      onClick={() => { if (failed) again(); else if (info.media !== '') pane.picture.value = info; }}
    >
      {shown && <img src={shown} alt="" draggable={false} onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setNatural({ width: naturalWidth, height: naturalHeight })} />}
      {failed && !shown && <Icon name="retry" />}
    </button>
  );
}

/** A voice or a film: it is fetched when somebody wants to hear or see it. */
function Player({ session, kind, info }: { session: Session; kind: 'voice' | 'video'; info: Info }) {
  const [wanted, setWanted] = useState(false);
  const { source, failed, again } = useFile(session, wanted ? `/media/${info.media}/content` : null);
  const what = t(kind === 'voice' ? 'chat.voice' : 'chat.video');
  if (source) return kind === 'voice' ? <audio class={css.audio} controls autoplay src={source} aria-label={what} /> : <video class={css.video} controls autoplay playsInline src={source} aria-label={info.name} />;
  return (
    <button type="button" class={css.file} aria-busy={wanted && !failed} onClick={() => { if (failed) again(); else setWanted(true); }}>
      <span class={css.tile}>{wanted && !failed ? <span class={css.spinner} /> : <Icon name={failed ? 'retry' : 'play'} />}</span>
      <span class={css.lines}><span>{what}</span><span class={css.small}>{info.duration_ms === null ? bytes(info.bytes) : duration(info.duration_ms)}</span></span>
      <span class="hidden-text">{t(failed ? 'common.retry' : 'chat.play')}</span>
    </button>
  );
}

function FileRow({ session, info }: { session: Session; info: Info }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const press = () => {
    if (busy || info.media === '') return;
    setBusy(true);
    setProblem(null);
    save(session, info).catch(setProblem).finally(() => setBusy(false));
  };
  return (
    <>
      <button type="button" class={css.file} aria-busy={busy} onClick={press}>
        <span class={css.tile}>{busy ? <span class={css.spinner} /> : <Icon name="file" />}</span>
        <span class={css.lines}><bdi>{info.name}</bdi><span class={css.small}>{bytes(info.bytes)}</span></span>
        {info.media !== '' && <><Icon name="download" size={18} /><span class="hidden-text">{t('common.download')}</span></>}
      </button>
      {problem !== null && <p class={css.small} role="alert">{problemWords(problem)}</p>}
    </>
  );
}

/** A picture over all of the chat. */
export function Picture({ session, info, onClose }: { session: Session; info: Info; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { source, failed, again } = useFile(session, `/media/${info.media}/content`);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      dialog.current?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class={css.large} aria-label={info.name} onCancel={(event) => { event.preventDefault(); onClose(); }}>
      <div class={css.tools}>
        <bdi>{info.name}</bdi>
        <button type="button" class={css.tool} aria-label={t('common.download')} title={t('common.download')} onClick={() => session.act(save(session, info))}><Icon name="download" /></button>
        <button type="button" class={css.tool} aria-label={t('common.close')} title={t('common.close')} onClick={onClose}><Icon name="close" /></button>
      </div>
      {/* A press beside the picture closes it; keys have the button and Escape. */}
      <div class={css.stage} onClick={onClose}>
        {source ? <img src={source} alt={info.name} onClick={(event) => event.stopPropagation()} />
          : failed ? <button type="button" class={css.button} onClick={(event) => { event.stopPropagation(); again(); }}>{t('common.retry')}</button>
            : <span class={css.spinner} role="status" aria-label={t('common.loading')} />}
      </div>
    </dialog>
  );
}

async function save(session: Session, { media, name }: Info): Promise<void> {
  const content = await session.file(`/media/${media}/content`);
  // As bytes, whatever the server calls it: a page of this origin is nothing that a file may become.
  const address = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

// A file in a message. The frame has no cookie, so that its content is fetched with the session's token when it is wanted.

import { useEffect, useState } from 'preact/hooks';
import type { Attachment } from '../core/protocol';
import css from './Embed.module.css';
import { problemWords, t } from './i18n';
import { Icon } from './parts';
import type { Session } from './session';

const WIDTH_MAX = 240;

export function Media({ session, media: { kind, info, caption } }: { session: Session; media: Attachment }) {
  return (
    <>
      {kind === 'image' && info.thumbnail ? <Photo session={session} info={info} /> : <File session={session} info={info} />}
      {caption.text && <p>{caption.text}</p>}
    </>
  );
}

type Info = Attachment['info'];

function Photo({ session, info }: { session: Session; info: Info }) {
  const [source, setSource] = useState<string | null>(null);
  const { media, width, height } = info;
  useEffect(() => {
    let address: string | null = null;
    let left = false;
    session.file(`/media/${media}/thumbnail`).then((blob) => {
      if (left) return;
      address = URL.createObjectURL(blob);
      setSource(address);
    }, () => undefined);
    return () => {
      left = true;
      if (address) URL.revokeObjectURL(address);
    };
  }, [media]);
  const size = { width: `${Math.min(WIDTH_MAX, width ?? WIDTH_MAX)}px`, 'aspect-ratio': `${width ?? 4} / ${height ?? 3}` };
  return (
    <button type="button" class={css.photo} style={size} aria-label={t('chat.photo', { name: info.name })} onClick={() => void save(session, info)}>
      {source && <img src={source} alt="" draggable={false} />}
    </button>
  );
}

function File({ session, info }: { session: Session; info: Info }) {
  const [problem, setProblem] = useState<unknown>(null);
  return (
    <>
      <button type="button" class={css.file} onClick={() => void save(session, info).catch(setProblem)}>
        <Icon name="download" size={18} /> <span>{info.name}</span><span class="hidden-text">{t('common.download')}</span>
      </button>
      {problem !== null && <p role="alert">{problemWords(problem)}</p>}
    </>
  );
}

async function save(session: Session, { media, name }: Info): Promise<void> {
  const address = URL.createObjectURL(await session.file(`/media/${media}/content`));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

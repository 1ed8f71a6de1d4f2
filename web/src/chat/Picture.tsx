// A picture that lies on another server: a link, and the picture itself when the reader wants it. This server fetches it, so that the
// other one sees nothing of the reader. Its place is reserved, so that nothing jumps when it comes.

import { useEffect, useRef, useState } from 'preact/hooks';
import { store } from '../core';
import type { PostImage } from '../core/protocol';
import { t } from '../i18n';
import { Button, Icon } from '../ui';
import bodies from './Bodies.module.css';
import { offersPictures } from './pictures';

const REL = 'noopener noreferrer nofollow';
const isWeb = (url: string): boolean => /^https?:\/\//i.test(url);

/** Words that lead to an address elsewhere, or just the words. */
export function Leading({ url, words }: { url: string | null; words: string }) {
  return url && isWeb(url) ? <a href={url} title={url} target="_blank" rel={REL}>{words}</a> : <>{words}</>;
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

export function Picture({ image, at, small }: { image: PostImage; at: string | undefined; small?: boolean }) {
  // What was asked for and what failed are of one address: another one begins anew.
  const [wanted, setWanted] = useState('');
  const [failed, setFailed] = useState('');
  const link = useRef<HTMLAnchorElement>(null);
  const retry = useRef<HTMLSpanElement>(null);
  const offered = offersPictures() && at !== undefined && isWeb(image.url);
  const shown = offered && failed !== at && (wanted === at || store.preferences.value.pictures === true);
  const again = failed === at;
  const deliberate = wanted === at;
  // The button that was pressed has gone: the keyboard goes on from the picture, and when that fails, from the button that comes back.
  const focused = useRef(false);
  useEffect(() => {
    if (shown && deliberate) link.current?.focus({ preventScroll: true });
    if (again && focused.current) retry.current?.querySelector('button')?.focus({ preventScroll: true });
    focused.current = false;
  }, [shown, deliberate, again]);
  const words = image.alt || t('extras.pictureOn', { host: hostOf(image.url) });
  if (shown) {
    const size = small ? { width: '96px', 'aspect-ratio': '1' } : { width: '300px', 'aspect-ratio': '3 / 2' };
    return (
      <a ref={link} href={image.url} title={image.url} target="_blank" rel={REL} style={{ ...size, display: 'block', 'max-width': '100%' }}>
        <img key={at} src={at} alt={words} loading="lazy" decoding="async" onError={() => { focused.current = link.current === document.activeElement; setFailed(at); }} style={{ width: '100%', height: '100%', 'object-fit': 'contain', 'object-position': 'left top' }} />
      </a>
    );
  }
  return (
    <>
      {again && <p class={bodies.small} role={deliberate ? 'alert' : 'status'}>{t('extras.noPicture')}</p>}
      <div class={bodies.muted}>
        <span class={bodies.muted} style={{ 'flex-wrap': 'nowrap' }}>
          <Icon name="image" size={16} /> <span><Leading url={image.url} words={image.alt || image.url} /></span>
        </span>
        {offered && (
          <span ref={retry}><Button size="small" aria-label={`${t(again ? 'common.retry' : 'extras.showPicture')}: ${words}`} onClick={() => { setFailed(''); setWanted(at); }}>
            {t(again ? 'common.retry' : 'extras.showPicture')}
          </Button></span>
        )}
      </div>
    </>
  );
}

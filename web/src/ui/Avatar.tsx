import { useState } from 'preact/hooks';
import { t } from '../i18n';
import css from './Avatar.module.css';
import { cx } from './cx';
import { Icon } from './Icon';

/** A hue of 0 to 359 that always belongs to the same id. */
export function hueOf(id: string | number): number {
  let hash = 0;
  for (const char of String(id)) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) | 0;
  return Math.abs(hash * 47) % 360;
}

/** The first letter that a name shows: a whole character, no dangling half. */
const initial = (name: string): string => [...name.trim()][0]?.toLocaleUpperCase() ?? '?';

interface AvatarProps {
  /** Whose it is: it picks the colour. */
  id: string | number;
  name: string;
  /** The address of a picture. */
  src?: string | null | undefined;
  size?: number;
  /** Round for people; a rounded square for groups and programs; the spark for the assistant. */
  shape?: 'round' | 'square' | 'spark';
  presence?: 'online' | 'away' | null | undefined;
}

/** A picture, or the first letter on a colour. Decoration: the name stands beside it. */
export function Avatar({ id, name, src, size = 40, shape = 'round', presence }: AvatarProps) {
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <span class={cx(css.avatar, shape !== 'round' && css.square, shape === 'spark' && css.spark)} style={{ '--size': `${size}px`, '--hue': hueOf(id) }}>
      {src && broken !== src ? (
        <img class={css.picture} src={src} alt="" loading="lazy" decoding="async" draggable={false} onError={() => setBroken(src)} />
      ) : shape === 'spark' ? (
        <Icon name="spark" size={Math.round(size * 0.55)} />
      ) : (
        <span aria-hidden="true">{initial(name)}</span>
      )}
      {presence && (
        <span class={cx(css.dot, presence === 'away' && css.away)}>
          <span class="hidden-text">{t(presence === 'away' ? 'common.away' : 'common.online')}</span>
        </span>
      )}
    </span>
  );
}

import { store } from '../core';
import { type PlainKey, t } from '../i18n';
import { linkTo, paths, route, sectionOf, type Section } from '../router';
import { Badge, Icon, type IconName, Tooltip } from '../ui';
import css from './Shell.module.css';

interface Place {
  section: Exclude<Section, null>;
  path: string;
  icon: IconName;
  label: PlainKey;
  count: number;
}

/** Where one can go; the console is for administrators. */
function places(): Place[] {
  const session = store.session.value;
  const administrator = session.state === 'in' && session.administrator;
  const assistants = store.assistants.value.length > 0 || sectionOf(route.value) === 'assistant';
  return [
    { section: 'chats', path: paths.chats, icon: 'chat', label: 'common.chats', count: store.attention.value.count },
    { section: 'contacts', path: paths.contacts, icon: 'contacts', label: 'common.contacts', count: store.requestsUnread.value },
    ...(assistants ? [{ section: 'assistant', path: paths.assistant(), icon: 'spark', label: 'common.assistant', count: 0 } as const] : []),
    ...(administrator ? [{ section: 'console', path: paths.console(), icon: 'console', label: 'common.console', count: 0 } as const] : []),
    { section: 'settings', path: paths.settings(), icon: 'settings', label: 'common.settings', count: 0 },
  ];
}

const above = ({ section }: Place): boolean => section !== 'console' && section !== 'settings';

/** The narrow column at the left edge of a desk. */
export function Rail({ section }: { section: Section }) {
  const all = places();
  return (
    <nav class={css.rail} aria-label={t('common.mainNavigation')}>
      {all.filter(above).map((place) => <RailLink key={place.section} place={place} current={place.section === section} />)}
      <span class={css.gap} />
      {all.filter((place) => !above(place)).map((place) => <RailLink key={place.section} place={place} current={place.section === section} />)}
    </nav>
  );
}

function RailLink({ place, current }: { place: Place; current: boolean }) {
  const label = t(place.label);
  return (
    <Tooltip text={label}>
      <a {...linkTo(place.path)} aria-current={current ? 'page' : undefined}>
        <Icon name={place.icon} size={22} />
        <span class="hidden-text">{label}</span>
        <Badge count={place.count} corner />
      </a>
    </Tooltip>
  );
}

/** The bar at the foot of a phone; hidden where one reads and writes. */
export function TabBar({ section }: { section: Section }) {
  return (
    <nav class={css.tabs} aria-label={t('common.mainNavigation')}>
      {places().map((place) => (
        <a key={place.section} {...linkTo(place.path)} aria-current={place.section === section ? 'page' : undefined}>
          <Icon name={place.icon} size={22} />
          <span>{t(place.section === 'settings' ? 'common.me' : place.label)}</span>
          <Badge count={place.count} corner />
        </a>
      ))}
    </nav>
  );
}

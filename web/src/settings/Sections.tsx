// A page of sections: their list beside the chosen one on a desk; on a phone the list first, and each section over it.

import type { ComponentChildren, ComponentType } from 'preact';
import { t, type PlainKey } from '../i18n';
import { go, linkTo } from '../router';
import { Empty, Icon, IconButton, type IconName } from '../ui';
import css from './Sections.module.css';

export interface Place {
  section: string;
  icon: IconName;
  label: PlainKey;
  page: ComponentType<{ item: string | null }>;
}

interface SectionsProps {
  title: string;
  places: readonly Place[];
  /** None is the list on a phone, and the first section on a desk. */
  section: string | null;
  /** What of the section is shown; only some have that. */
  item?: string | null;
  pathOf: (section?: string) => string;
  /** Below the list. */
  foot?: ComponentChildren;
}

export function Sections({ title, places, section, item = null, pathOf, foot }: SectionsProps) {
  const place = section === null ? places[0] : places.find((one) => one.section === section);
  const Page = place?.page;
  return (
    <div class={css.sections} data-chosen={section !== null}>
      <div class={css.side}>
        <h2 class={css.title}>{title}</h2>
        <nav class={css.nav} aria-label={title}>
          {places.map((one) => (
            <a key={one.section} {...linkTo(pathOf(one.section))} class={css.link} aria-current={one === place ? 'page' : undefined}>
              <Icon name={one.icon} />
              <span>{t(one.label)}</span>
              <span class={css.chevron}><Icon name="next" size={16} /></span>
            </a>
          ))}
        </nav>
        {foot}
      </div>
      <section class={css.main} aria-label={place ? t(place.label) : title}>
        <header class={css.head}>
          <span class={css.back}><IconButton icon="back" label={t('common.back')} onClick={() => go(item === null ? pathOf() : pathOf(place?.section))} /></span>
          <h2>{place ? t(place.label) : title}</h2>
        </header>
        <div key={place?.section} class={css.column}>
          {Page ? <Page item={item} /> : <Empty icon="search" title={t('common.notFoundTitle')} text={t('common.notFoundText')} />}
        </div>
      </section>
    </div>
  );
}

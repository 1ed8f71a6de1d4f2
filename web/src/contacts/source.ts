import { t } from '../i18n';

/** How somebody was found, in words. Other clients may have said something of their own. */
export function sourceWords(source: string): string {
  switch (source) {
    case 'search': return t('contacts.sourceSearch');
    case 'group': return t('contacts.sourceGroup');
    case 'link': return t('contacts.sourceLink');
    default: return source;
  }
}

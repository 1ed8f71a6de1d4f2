// Contacts: the column of people, finding and asking them, one person, and the groups.

import { t } from '../i18n';
import { GroupsPage } from '../groups/Groups';
import { Empty } from '../ui';
import { NewFriends } from './NewFriends';

export { ContactList } from './List';
export { PersonPage } from './Person';

/** The pane beside the list. */
export function ContactsPage({ section }: { section: 'people' | 'new' | 'groups' }) {
  switch (section) {
    case 'new': return <NewFriends />;
    case 'groups': return <GroupsPage />;
    default: return <Empty icon="contacts" title={t('contacts.choose')} text={t('contacts.chooseText')} />;
  }
}

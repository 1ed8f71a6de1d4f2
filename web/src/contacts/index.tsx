// Contacts: a placeholder until the pages are here.

/** The column of people and groups. */
export function ContactList() {
  return null;
}

/** The pane beside it: finding people, requests, groups. */
export function ContactsPage(_: { section: 'people' | 'new' | 'groups' }) {
  return null;
}

/** One person. */
export function PersonPage(_: { user: string }) {
  return null;
}

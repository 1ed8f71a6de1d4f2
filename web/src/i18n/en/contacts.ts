// Words of `contacts`: the file of whoever writes these pages.
export default {
  title: 'Contacts',
} as const;

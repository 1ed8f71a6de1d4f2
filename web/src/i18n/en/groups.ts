// Words of `groups`: the file of whoever writes these pages.
export default {
  title: 'Groups',
} as const;

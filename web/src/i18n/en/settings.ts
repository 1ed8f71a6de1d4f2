// Words of `settings`: the file of whoever writes these pages.
export default {
  title: 'Settings',
} as const;

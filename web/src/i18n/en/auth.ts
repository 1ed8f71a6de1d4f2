// Words of `auth`: the file of whoever writes these pages.
export default {
  title: 'Log in',
} as const;

// Words of `admin`: the file of whoever writes these pages.
export default {
  title: 'Admin',
} as const;

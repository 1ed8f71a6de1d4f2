// Words of `chat`: the file of whoever writes these pages.
export default {
  title: 'Chat',
} as const;

import type { Translation } from '../types';
import type en from '../en/admin';

export default {
  title: '控制台',
} as const satisfies Translation<typeof en>;

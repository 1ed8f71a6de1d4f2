import type { Translation } from '../types';
import type en from '../en/contacts';

export default {
  title: '通讯录',
} as const satisfies Translation<typeof en>;

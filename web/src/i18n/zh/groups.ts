import type { Translation } from '../types';
import type en from '../en/groups';

export default {
  title: '群聊',
} as const satisfies Translation<typeof en>;

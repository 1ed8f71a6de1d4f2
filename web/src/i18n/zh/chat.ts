import type { Translation } from '../types';
import type en from '../en/chat';

export default {
  title: '聊天',
} as const satisfies Translation<typeof en>;

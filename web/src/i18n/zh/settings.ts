import type { Translation } from '../types';
import type en from '../en/settings';

export default {
  title: '设置',
} as const satisfies Translation<typeof en>;

import type { Translation } from '../types';
import type en from '../en/auth';

export default {
  title: '登录',
} as const satisfies Translation<typeof en>;

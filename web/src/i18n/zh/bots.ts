import type { Translation } from '../types';
import type en from '../en/bots';

export default {
  silent: '{name} 还没有回应，你按下的按钮已为它保留。', refused: '没有按成：{reason}', opens: '打开 {host}', buttons: '按钮',
} satisfies Translation<typeof en>;

// What the page and the frame say to each other, and what both say to people.

/** The frame says. */
export type Said = { tidings: 'token?' } | { tidings: 'unread'; count: number } | { tidings: 'close' };

/** The page says. */
export type Told =
  | { tidings: 'token'; token: string; to: { user: string } | { conversation: number }; lang: 'en' | 'zh' }
  | { tidings: 'no token' }
  | { tidings: 'shown'; shown: boolean };

const en = {
  lang: 'en' as 'en' | 'zh',
  chat: 'Chat',
  unread: (count: number): string => `${count} unread`,
  close: 'Close the chat',
  messages: 'Messages',
  write: 'Write a message',
  send: 'Send',
  attach: 'Attach a file',
  older: 'Earlier messages',
  connecting: 'Connecting …',
  offline: 'No connection. Messages are sent when it is back.',
  over: 'The chat has ended here. Reload the page to go on.',
  noToken: 'The chat cannot be opened now. Try again later.',
  retry: 'Try again',
  sending: 'Sending …',
  typing: (name: string): string => `${name} is typing …`,
  recalled: 'This message was taken back.',
  placeholder: 'This message can be seen in the full client.',
  failed: (why: string): string => `Not sent: ${why}`,
  edited: 'edited',
  you: 'You',
};

const zh: typeof en = {
  lang: 'zh',
  chat: '聊天',
  unread: (count) => `${count} 条未读`,
  close: '关闭聊天',
  messages: '消息',
  write: '输入消息',
  send: '发送',
  attach: '添加文件',
  older: '更早的消息',
  connecting: '正在连接……',
  offline: '连接已断开，恢复后会自动发送消息。',
  over: '聊天已在此处结束。请刷新页面以继续。',
  noToken: '暂时无法打开聊天，请稍后再试。',
  retry: '重试',
  sending: '正在发送……',
  typing: (name) => `${name} 正在输入……`,
  recalled: '此消息已撤回。',
  placeholder: '请在完整客户端中查看此消息。',
  failed: (why) => `未发送：${why}`,
  edited: '已编辑',
  you: '我',
};

export const SPOKEN = { en, zh };

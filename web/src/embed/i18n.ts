// The words of the widget in the reader's language: few, so both languages are there at once. What the widget uses of `src/ui` speaks
// with these too (`vite.embed.config.ts` puts this file in the place of `src/i18n`), so their names are the same.

import { signal } from '@preact/signals';
import { problemOf } from '../core/problem';
import problems from '../i18n/zh/problems';

export type Locale = 'en' | 'zh';

const en = {
  'common.back': 'Back', 'common.close': 'Close', 'common.copied': 'Copied', 'common.copy': 'Copy', 'common.codeLanguage': 'Code', 'common.done': 'Done',
  'common.no': 'No', 'common.online': 'Online', 'common.away': 'Away', 'common.retry': 'Try again', 'common.loading': 'Loading…', 'common.send': 'Send',
  'common.dismiss': 'Dismiss', 'common.today': 'Today', 'common.yesterday': 'Yesterday', 'common.unread': '{count} unread', 'common.wentWrong': 'That did not work',
  'common.wentWrongText': 'This could not be shown.', 'common.you': 'You', 'common.download': 'Download', 'common.cancel': 'Cancel',
  'common.noConnection': 'No connection. Messages will be sent when you are back online.',
  'chat.message': 'Message', 'chat.messages': 'Messages', 'chat.sending': 'Sending', 'chat.sent': 'Sent', 'chat.delivered': 'Delivered', 'chat.read': 'Read',
  'chat.failed': 'Not delivered', 'chat.discard': 'Discard', 'chat.edited': 'edited', 'chat.notDelivered': 'Not delivered: {reason}',
  'chat.recalled': 'A message was recalled', 'chat.noMessages': 'No messages yet', 'chat.noMessagesText': 'Say hello.', 'chat.newMessages': 'New messages',
  'chat.jumpLatest': 'Jump to latest', 'chat.loadProblem': 'The messages could not be loaded', 'chat.typing': 'typing…', 'chat.photo': 'Photo {name}',
  'chat.buttons': 'Buttons', 'chat.silent': 'Nothing came yet. What you pressed is kept.', 'chat.notPressed': 'Pressing did not work: {reason}',
  'chat.actions': 'What to do with this message', 'chat.react': 'React', 'chat.reacted': '{emoji}, by {count}', 'chat.reply': 'Reply', 'chat.edit': 'Edit', 'chat.save': 'Save',
  'chat.copyText': 'Copy text', 'chat.recall': 'Recall', 'chat.recallSure': 'Recall it for everybody?', 'chat.recalledYou': 'You recalled a message',
  'chat.editing': 'Editing', 'chat.replyingTo': 'Replying to {name}', 'chat.cancelEdit': 'Stop editing', 'chat.cancelReply': 'Do not reply',
  'chat.quoteGone': 'This message is not there any more', 'chat.forwardedFrom': 'Forwarded from {name}', 'chat.whoTypes': '{name} is typing…',
  'chat.attach': 'Attach files', 'chat.dropHere': 'Drop files here to send them', 'chat.photoAgain': 'Load the photo {name} again', 'chat.voice': 'Voice message', 'chat.video': 'Video',
  'chat.play': 'Play', 'chat.tooLarge': 'The file has {size}, and at most {most} can be sent here.', 'chat.location': 'Place', 'chat.showAll': 'Show all of it',
  'chat.unknownBody': 'This message can be seen in the chat itself.', 'chat.closed': 'Nothing can be written here.', 'chat.everybody': 'all',
  'embed.title': 'Chat', 'embed.chats': 'Chats', 'embed.noChats': 'No chats yet', 'embed.noChatsText': 'They appear here when somebody writes to you.',
  'embed.refused': 'The chat could not be opened', 'embed.ended': 'The chat was ended', 'embed.endedText': 'It was opened on another device, or you were signed out.',
  'embed.again': 'Open it again', 'embed.notHere': 'This page is shown inside of another one',
  'embed.notHereText': 'It is the chat of an app, and has to be framed by one of the origins that the app lists.',
} as const;
type Word = keyof typeof en;

const zh: Record<Word, string> = {
  'common.back': '返回', 'common.close': '关闭', 'common.copied': '已复制', 'common.copy': '复制', 'common.codeLanguage': '代码', 'common.done': '完成',
  'common.no': '否', 'common.online': '在线', 'common.away': '离开', 'common.retry': '重试', 'common.loading': '加载中…', 'common.send': '发送',
  'common.dismiss': '关闭', 'common.today': '今天', 'common.yesterday': '昨天', 'common.unread': '{count} 条未读', 'common.wentWrong': '出了点问题',
  'common.wentWrongText': '无法显示。', 'common.you': '我', 'common.download': '下载', 'common.cancel': '取消',
  'common.noConnection': '网络已断开，消息会在恢复后自动发送。',
  'chat.message': '消息', 'chat.messages': '消息', 'chat.sending': '发送中', 'chat.sent': '已发送', 'chat.delivered': '已送达', 'chat.read': '已读',
  'chat.failed': '未送达', 'chat.discard': '放弃', 'chat.edited': '已编辑', 'chat.notDelivered': '未送达：{reason}',
  'chat.recalled': '一条消息已撤回', 'chat.noMessages': '还没有消息', 'chat.noMessagesText': '打个招呼吧。', 'chat.newMessages': '新消息',
  'chat.jumpLatest': '跳到最新', 'chat.loadProblem': '无法加载消息', 'chat.typing': '正在输入…', 'chat.photo': '图片 {name}',
  'chat.buttons': '按钮', 'chat.silent': '还没有回应，你按下的按钮已保留。', 'chat.notPressed': '没有按成：{reason}',
  'chat.actions': '消息操作', 'chat.react': '回应', 'chat.reacted': '{emoji}，{count} 人', 'chat.reply': '回复', 'chat.edit': '编辑', 'chat.save': '保存',
  'chat.copyText': '复制文字', 'chat.recall': '撤回', 'chat.recallSure': '为所有人撤回？', 'chat.recalledYou': '你撤回了一条消息',
  'chat.editing': '编辑消息', 'chat.replyingTo': '回复 {name}', 'chat.cancelEdit': '取消编辑', 'chat.cancelReply': '取消回复',
  'chat.quoteGone': '原消息已不存在', 'chat.forwardedFrom': '转发自 {name}', 'chat.whoTypes': '{name} 正在输入…',
  'chat.attach': '添加文件', 'chat.dropHere': '拖放文件到此处发送', 'chat.photoAgain': '重新加载图片 {name}', 'chat.voice': '语音消息', 'chat.video': '视频',
  'chat.play': '播放', 'chat.tooLarge': '文件大小为 {size}，此处最多可发送 {most}。', 'chat.location': '位置', 'chat.showAll': '显示全部',
  'chat.unknownBody': '请在聊天应用中查看此消息。', 'chat.closed': '此处不能发送消息。', 'chat.everybody': '所有人',
  'embed.title': '聊天', 'embed.chats': '聊天', 'embed.noChats': '还没有聊天', 'embed.noChatsText': '有人给你发消息时会显示在这里。',
  'embed.refused': '无法打开聊天', 'embed.ended': '聊天已结束', 'embed.endedText': '聊天已在其他设备上打开，或你已退出登录。',
  'embed.again': '重新打开', 'embed.notHere': '此页面只能嵌入其他页面中显示', 'embed.notHereText': '这是一个应用的聊天窗口，只能由该应用列出的来源嵌入。',
};

const current = signal<Locale>('en');

export const locale = (): Locale => current.value;
/** The BCP 47 tag of the language on the screen. */
export const tag = (): string => (current.value === 'zh' ? 'zh-CN' : 'en');

export function setLanguage(choice: Locale | 'auto'): void {
  const first = navigator.languages.find((name) => /^(zh|en)\b/i.test(name));
  current.value = choice !== 'auto' ? choice : /^zh/i.test(first ?? '') ? 'zh' : 'en';
  document.documentElement.lang = tag();
  document.title = t('embed.title');
}

/** A sentence in the reader's language. */
export function t(key: Word, values: Record<string, string | number> = {}): string {
  const words = (current.value === 'zh' ? zh : en)[key];
  return words.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The size of a file and the most that is taken, as the server's sentence has them. */
const TOO_LARGE = /^The file has (\d+) bytes, and `media_bytes_max` is (\d+)/;

/** Why something did not work. */
export function problemWords(error: unknown): string {
  const { code, message } = problemOf(error);
  const [, size, most] = TOO_LARGE.exec(message) ?? [];
  if (size && most) return t('chat.tooLarge', { size: bytes(Number(size)), most: bytes(Number(most)) });
  return current.value === 'zh' ? (problems[code]?.replace('{reason}', () => message) ?? message) : message;
}

/** Bytes for people: 3.4 MB. */
export function bytes(value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const step = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log10(value) / 3));
  const count = value / 1000 ** step;
  return new Intl.NumberFormat(tag(), { style: 'unit', unit: units[step] ?? 'byte', unitDisplay: step ? 'short' : 'long', maximumFractionDigits: count < 10 && step ? 1 : 0 }).format(count);
}

/** 1:05 */
export const duration = (ms: number): string => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1_000) % 60).padStart(2, '0')}`;

const format = (at: number, options: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat(tag(), options).format(at);

/** 10:24 */
export const clock = (at: number): string => format(at, { hour: '2-digit', minute: '2-digit' });

/** The day pill of a thread: Today, Yesterday, Sun, 22 Nov. */
export function day(at: number): string {
  const midnight = (time: number): number => new Date(time).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(Date.now()) - midnight(at)) / 86_400_000);
  if (days === 0) return t('common.today');
  if (days === 1) return t('common.yesterday');
  return format(at, { weekday: 'short', day: 'numeric', month: 'short', year: days > 300 ? 'numeric' : undefined });
}

/** The time in a list: the clock today, else the day. */
export const shortTime = (at: number): string => (new Date(at).toDateString() === new Date().toDateString() ? clock(at) : format(at, { day: 'numeric', month: 'short' }));

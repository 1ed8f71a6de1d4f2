// The chats: the list, the open thread, and what stands beside it.

export { AssistantList, ConversationList } from './List';

/** The open conversation; `seq` is the message to show first. */
export function Thread(_: { conversation: number; seq: number | null }) {
  return null;
}

/** What stands beside the thread: members, media, search. */
export function Details(_: { conversation: number }) {
  return null;
}

// The chats: list and thread. A placeholder until the pages are here.

/** The column of conversations. */
export function ConversationList() {
  return null;
}

/** The open conversation; `seq` is the message to show first. */
export function Thread(_: { conversation: number; seq: number | null }) {
  return null;
}

/** What stands beside the thread: members, media, search. */
export function Details(_: { conversation: number }) {
  return null;
}

/** The assistant's conversations: their list, and the one that is open. */
export function AssistantList() {
  return null;
}

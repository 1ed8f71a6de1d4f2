// The chats: the list, the open thread, and what stands beside it.

export { Details } from './Details';
export { AssistantList, ConversationList } from './List';
export { Thread } from './Thread';

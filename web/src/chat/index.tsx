// The chats: the list and the open thread. What stands beside it (`Details`) and over it (`Above`) comes when it is asked for.

export { ConversationList } from './List';
export { Thread } from './Thread';

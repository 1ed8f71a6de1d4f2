// The English words of the chats, which everybody who is in needs first.
import chat from './chat';
import contacts from './contacts';

export default { chat, contacts };

// The Chinese words of the log-in and the chats.
import auth from './auth';
import chat from './chat';
import common from './common';
import contacts from './contacts';
import problems from './problems';

export default { auth, chat, common, contacts, problems };

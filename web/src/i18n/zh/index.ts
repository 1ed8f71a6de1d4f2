// The whole of the Chinese words, one lazy chunk.
import admin from './admin';
import auth from './auth';
import chat from './chat';
import common from './common';
import contacts from './contacts';
import groups from './groups';
import problems from './problems';
import settings from './settings';

export default { admin, auth, chat, common, contacts, groups, problems, settings };

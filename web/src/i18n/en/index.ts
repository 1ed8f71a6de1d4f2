// All English words but those that the log-in needs: one chunk, which comes with the first page of somebody who is logged in.
import admin from './admin';
import chat from './chat';
import contacts from './contacts';
import groups from './groups';
import settings from './settings';

export default { admin, chat, contacts, groups, settings };

// The English words of the pages that are opened from there.
import admin from './admin';
import bots from './bots';
import extras from './extras';
import groups from './groups';
import settings from './settings';

export default { admin, bots, extras, groups, settings };

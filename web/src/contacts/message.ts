import { actions, type UserId } from '../core';
import { go, paths } from '../router';
import { toast } from '../ui';
import { wordsOf } from './problems';

/** Says in a toast that something did not work. */
export const failed = (error: unknown): void => void toast({ text: wordsOf(error), kind: 'error' });

/** Opens the direct chat with somebody. */
export const message = (user: UserId): Promise<void> => actions.openDirect(user).then((chat) => go(paths.chat(chat)), failed);

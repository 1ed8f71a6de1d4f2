// What was refused, in the reader's language where the code alone says enough; else in the server's own sentence.

import { problemOf } from '../core';
import { t, type PlainKey } from '../i18n';

const WORDS: Partial<Record<string, PlainKey>> = {
  offline: 'contacts.problemOffline', timeout: 'contacts.problemOffline', unavailable: 'contacts.problemUnavailable', overloaded: 'contacts.problemBusy',
  rate_limited: 'contacts.problemBusy', forbidden: 'contacts.problemForbidden', blocked: 'contacts.problemBlocked', stranger: 'contacts.problemStranger',
  contacts_disabled: 'contacts.problemDisabled', not_found: 'contacts.problemNotFound', full: 'contacts.problemFull', not_member: 'contacts.problemNotMember',
  closed_group: 'contacts.problemClosedGroup', dissolved: 'contacts.problemDissolved', suspended: 'contacts.problemSuspended', quota_exceeded: 'contacts.problemQuota',
};

/** A sentence for whoever sees the failure. English readers get the server's own, which knows more of the case. */
export function wordsOf(error: unknown): string {
  const { code, message } = problemOf(error);
  const key = WORDS[code];
  const local = code === 'offline' || code === 'timeout';
  return key && (local || t('contacts.serverSpeaks') === 'no') ? t(key) : message;
}

/** The same promise, which fails with words to show. */
export const inWords = <T>(promise: Promise<T>): Promise<T> =>
  promise.catch((error: unknown) => {
    throw new Error(wordsOf(error));
  });

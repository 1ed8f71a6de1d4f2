// What the server asks of names and passwords, told while they are typed. The server decides; these only spare a round trip.

import { t } from '../i18n';

export const USER_CHARS_MAX = 64;
/** The server counts 256 bytes; Chinese has three for each character. */
export const NAME_CHARS_MAX = 80;
export const PASSWORD_CHARS_MIN = 8;
export const PASSWORD_CHARS_MAX = 128;
export const ADMINISTRATOR_PASSWORD_CHARS_MIN = 12;

/** What is wrong with a user name, if anything. */
export function userProblem(user: string): string | null {
  if (user === '') return t('auth.userNeeded');
  if (!/^[A-Za-z0-9_.@-]+$/.test(user)) return t('auth.userChars');
  return user.length > USER_CHARS_MAX ? t('auth.userLong', { count: USER_CHARS_MAX }) : null;
}

/** What is wrong with a new password, if anything. */
export function passwordProblem(password: string, least: number): string | null {
  if (password === '') return t('auth.passwordNeeded');
  const missing = least - [...password].length;
  return missing > 0 ? t('auth.passwordShort', { count: missing }) : null;
}

export type Strength = 'none' | 'weak' | 'fair' | 'good';

/** A guess at how long a password stands: its length counts most, little variety or one of the well-known starts makes it weak. */
export function strength(password: string, least = PASSWORD_CHARS_MIN): Strength {
  const chars = [...password];
  if (chars.length === 0) return 'none';
  if (chars.length < least || new Set(chars).size < 5 || /^(pass|admin|qwert|letmein|1234|abcd|welcome|iloveyou)/i.test(password)) return 'weak';
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(password)).length;
  return chars.length + kinds * 2 >= 20 ? 'good' : chars.length + kinds * 2 >= 14 ? 'fair' : 'weak';
}

// The types that make a missing word, or a missing value in a sentence, an error of the compiler. English is the reference.

/** A sentence; or its forms by the plural category of `{count}` (CLDR), of which `other` is always there. */
export type Sentence = string | ({ readonly other: string } & { readonly [F in Exclude<Intl.LDMLPluralRule, 'other'>]?: string });
export type Area = { readonly [key: string]: Sentence };

/** What another language must have to stand beside English. */
export type Translation<English extends Area> = {
  readonly [K in keyof English]: English[K] extends string ? string : Exclude<Sentence, string>;
};

export interface Dictionary {
  admin: typeof import('./en/admin').default;
  auth: typeof import('./en/auth').default;
  bots: typeof import('./en/bots').default;
  chat: typeof import('./en/chat').default;
  common: typeof import('./en/common').default;
  extras: typeof import('./en/extras').default;
  contacts: typeof import('./en/contacts').default;
  groups: typeof import('./en/groups').default;
  settings: typeof import('./en/settings').default;
}
export type AreaName = keyof Dictionary;

/** `area.word`. */
export type Key = { [A in AreaName]: `${A}.${keyof Dictionary[A] & string}` }[AreaName];

type SentenceOf<K extends Key> = K extends `${infer A extends AreaName}.${infer W}` ? Dictionary[A][W & keyof Dictionary[A]] : never;
type Places<S> = S extends `${string}{${infer P}}${infer Rest}` ? P | Places<Rest> : never;
type Forms<S> = S extends string ? S : S[keyof S];
type Values<K extends Key, V> = { [P in Places<Forms<SentenceOf<K>>> | (SentenceOf<K> extends string ? never : 'count')]: P extends 'count' ? number : V };

/** The values a sentence needs: none, or an object with exactly its places. */
export type Params<K extends Key, V = string | number> = keyof Values<K, V> extends never ? [] : [params: Values<K, V>];

/** A sentence without places, which can stand in a table. */
export type PlainKey = { [K in Key]: Params<K> extends [] ? K : never }[Key];

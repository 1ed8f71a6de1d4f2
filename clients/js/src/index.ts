// The JavaScript client of Tidings. README.md shows how it is used.

export { Client, connect, Over, type Options, type Rows, type Say, type SayFile } from './client';
export type * from './events';
export { followApp, type AppEvent, type FeedPage, type FollowOptions } from './feed';
export { derivedKey } from './keys';
export { Problem } from '../../../web/src/core/problem';
export { newKey } from '../../../web/src/core/key';
export type * from '../../../web/src/core/protocol';

// All that pages may import.

export * from './model';
export * from './store';
export * from './protocol';
export { Problem, problemOf } from './problem';
export { ask, mediaUrl, thumbnailUrl } from './api';
export { admin } from './admin';
export { door } from './door';
export { store, actions } from './browser';
export { deletedName } from './people';
export { capabilities, type Capabilities, type Lack } from './capabilities';
export { anchorOf, scrollTopFor, sticks, ROWS_MAX, STICK_PX, type Anchor, type Placed } from './window';
export { isMessage, inviteUrl, kindOf, replyOf, textOf } from './words';
export type { Answering } from './answers';

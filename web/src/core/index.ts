// All that pages may import.

export * from './model';
export * from './store';
export * from './protocol';
export { Problem, problemOf } from './problem';
export { admin, api, ask, mediaUrl, thumbnailUrl } from './api';
export { store, actions, start } from './browser';
export { capabilities, type Capabilities, type Lack } from './capabilities';
export { anchorOf, scrollTopFor, sticks, ROWS_MAX, STICK_PX, type Anchor, type Placed } from './window';
export { isMessage, inviteUrl, kindOf, replyOf, textOf } from './words';

// All that pages may import.

export * from './model';
export * from './store';
export * from './protocol';
export { Problem, problemOf } from './problem';
export { admin, api, ask, mediaUrl, thumbnailUrl } from './api';
export { store, actions, start } from './core';
export { isMessage, inviteUrl } from './words';

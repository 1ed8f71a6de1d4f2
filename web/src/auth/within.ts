// The pages without the shell for somebody who is in, in one chunk.
export { FirstRun } from './FirstRun';
export { Invited } from './Invited';

// The pages that most visits never see, in one chunk.
export { FirstRun } from './FirstRun';
export { Invited } from './Invited';
export { Register } from './Register';
export { SetPassword } from './SetPassword';
export { SetUp } from './SetUp';

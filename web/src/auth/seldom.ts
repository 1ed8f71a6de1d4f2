// The pages before the log-in that most visits never see, in one chunk.
export { Register } from './Register';
export { SetPassword } from './SetPassword';
export { SetUp } from './SetUp';

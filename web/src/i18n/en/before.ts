// The English words of the pages before the log-in.
import auth from './auth';

export default { auth };

// The suite of all sessions, on threads of this process.

import { connect } from '../../sdk/index.ts';
import { sessionSuite } from './suite.ts';

sessionSuite('on embedded workers', () => connect({ address: 'embedded', workers: 2 }));

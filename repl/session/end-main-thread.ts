// Ends what the main thread runs and does not come back from, from another thread.

import { Session } from 'node:inspector';

/** Ends it without its `finally`; the event loop goes on. */
export function endMainThread(): void {
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.terminateExecution', () => session.disconnect());
}

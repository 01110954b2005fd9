// By what name the session is called that has the detached actors of a cluster. No actor can have it: it is longer than
// their names may be for `session.actor`, and not too long for the protocol.

/** The keeper's name in its cluster. */
export const keeperName = `keeper of detached actors ${'-'.repeat(110)}`;

// What a test needs that a machine may lack, such as a system library.
//
// Where it is missing the test is skipped, and says what is missing and how to get it. Where CI is `true` nothing may be
// missing, and the test file fails instead: a suite that silently tests less is worse than one that fails.

/**
 * The options of a test, or of a group of tests, that needs something of the machine.
 *
 * @param what - its name, for people.
 * @param isThere - whether this machine has it.
 * @param howToInstall - what to do to have it.
 * @throws Error when it is missing and CI is `true`.
 */
export function needs(what: string, isThere: () => boolean, howToInstall: string): { skip: string | false } {
  if (isThere()) return { skip: false };
  const message = `${what} is missing; to run this: ${howToInstall}`;
  if (process.env['CI'] === 'true') throw new Error(message);
  return { skip: message };
}

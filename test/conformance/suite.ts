// What a session does, whatever grants its workers. Each way of connecting runs this whole suite.

import { after, before, describe } from 'node:test';
import type { Session } from '../../sdk/index.ts';
import { actorsSuite } from './actors-suite.ts';
import { errorsSuite } from './errors-suite.ts';
import type { Open } from './given.ts';
import { mapSuite } from './map-suite.ts';
import { mixedSuite } from './mixed-suite.ts';
import { nestedSuite } from './nested-suite.ts';
import { objectsSuite } from './objects-suite.ts';
import { remoteSuite } from './remote-suite.ts';
import { lifeSuite } from './session-suite.ts';
import { valuesSuite } from './values-suite.ts';
import { waitingSuite } from './waiting-suite.ts';

export type { Open } from './given.ts';

export function sessionSuite(way: string, open: Open): void {
  describe(`a session ${way}`, () => {
    let session: Session;
    before(async () => {
      session = await open();
    });
    after(() => session.close());
    const given = {
      get session() {
        return session;
      },
      open,
    };

    remoteSuite(given);
    valuesSuite(given);
    objectsSuite(given);
    errorsSuite(given);
    waitingSuite(given);
    mapSuite(given);
    actorsSuite(given);
    nestedSuite(given);
    mixedSuite(given);
    lifeSuite(given);
  });
}

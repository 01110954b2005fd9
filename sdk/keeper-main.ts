// The entry of the keeper: a program beside the head whose session has the detached actors of a cluster.
//
// A detached actor outlives the session that started it, and an actor's life, its restarts and the order of its calls are
// its session's. So the session that starts one asks this one to, and calls it from then on like any other. No user code
// runs here, only in the actors' workers.
//
// Owns: the session. Does not own: which actors there are (other sessions), its own process (the head that starts it).
//
// Invariants:
//   E1. The token comes by standard input, never by an argument or the environment.
//   E2. It outlives its head for `headWaitMs`, so that a head that is started again finds the actors as they were.
//   E3. Without an actor it ends by itself, after a while.

import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { HeadCluster } from './cluster/head-cluster.ts';
import { allWays } from './cluster/worker-connection.ts';
import { coreOf } from './core-of.ts';
import { keeperName } from './keeper-name.ts';
import { Session } from './session.ts';

const headWaitMs = 60_000;
const idleWaitMs = 30_000;
const lookMs = 1000;

const placeJson = z.object({ url: z.string(), token: z.string(), fingerprint: z.string().nullable() });

const { url, token, fingerprint } = placeJson.parse(JSON.parse(await text(process.stdin))); // E1
const place = { url, token, fingerprint: fingerprint ?? undefined };
const cluster = await HeadCluster.connect(url, place, allWays, 'detached actors');
const session = new Session(cluster);
const core = coreOf(session);
core.keepsActorsOfOthers = true;
process.on('SIGTERM', end);
cluster.onKeeperEnd = end;
let awayMs = 0;
let idleMs = 0;
setInterval(() => {
  awayMs = cluster.isConnected ? 0 : awayMs + lookMs;
  idleMs = core.actorNames.size > 0 ? 0 : idleMs + lookMs;
  if (awayMs >= headWaitMs || idleMs >= idleWaitMs) end(); // E2, E3
}, lookMs);
await cluster.actors?.claim(keeperName);

function end(): void {
  void session.close().then(() => process.exit(0));
}

// Schedulers that are broken on purpose, each in one way: the simulation has to find every one of them.
//
// A mutant is the real source with a few exact replacements, so that it is always the present scheduler that is broken.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SchedulerClass } from './simulated-head.ts';

const files = [
  'lease-scheduler.ts',
  'lease-table.ts',
  'fair-share.ts',
  'next-deadline.ts',
  'node-rest.ts',
  'placement.ts',
  'amounts.ts',
  'scheduler-state.ts',
  'unjudged-requests.ts',
] as const;

/** In this file the first text, which is there once, becomes the second. */
type Replacement = readonly [file: (typeof files)[number], from: string, to: string];

export interface Mutant {
  readonly name: string;
  readonly replacements: readonly Replacement[];
}

function mutant(name: string, ...replacements: Replacement[]): Mutant {
  return { name, replacements };
}

export const mutants: readonly Mutant[] = [
  mutant('a lease that is given back stays', [
    'lease-scheduler.ts',
    'this.#leases.stop(found, force || found.exclusive !== false);',
    '',
  ]),
  mutant('a lease that is given back keeps what it took', [
    'lease-table.ts',
    'account(lease.node.used, lease.amounts, -1);',
    '',
  ]),
  mutant('what a lease takes is not counted', ['lease-table.ts', 'account(lease.node.used, lease.amounts, 1);', '']),
  mutant('incarnations are not checked', [
    'lease-scheduler.ts',
    'return node?.incarnation === incarnation ? node : undefined;',
    'return node;',
  ]),
  mutant('a new incarnation keeps the leases of the one before', [
    'lease-scheduler.ts',
    'const again = known?.incarnation === joining.incarnation;',
    'const again = known !== undefined;',
  ]),
  mutant('recalls are repeated', [
    'fair-share.ts',
    '&& !lease.recalled && !this.#taken.has(lease)',
    '&& !this.#taken.has(lease)',
  ]),
  mutant('recalls under way are not seen', ['fair-share.ts', 'if (recalled) account(later, amounts, 1);', '{}']),
  mutant('recalls need no reason', [
    'fair-share.ts',
    'leases: usage.leases - 1 }, poor) > 0;',
    'leases: usage.leases - 1 }, poor) > -1e9;',
  ]),
  mutant('only what is idle is recalled', [
    'fair-share.ts',
    'if (!idle && !isRicherWithout(',
    'if (!idle || !isRicherWithout(',
  ]),
  mutant('what is idle is not recalled', [
    'fair-share.ts',
    'const idle = this.#requestUsage(request).leases > request.demand;',
    'const idle = false;',
  ]),
  mutant('exclusive leases are recalled', ['fair-share.ts', 'lease.exclusive === false && ', '']),
  mutant('exclusive requests get more than one lease', [
    'fair-share.ts',
    'const wanted = exclusive ? Math.min(demand, 1) : demand;',
    'const wanted = demand;',
  ]),
  mutant('claims do not count', ['fair-share.ts', 'held++; // F4', '{}']),
  mutant('the richest come first', [
    'fair-share.ts',
    'compare(need.own, poorest.own)) < 0',
    'compare(need.own, poorest.own)) > 0',
  ]),
  mutant('nothing is kept for who waits for a recall', [
    'fair-share.ts',
    'account(later, amounts, -1);\n    add(session',
    'add(session',
  ]),
  mutant('labels and nodes do not matter', [
    'placement.ts',
    'return (named === null || named === node.id) && lackingLabels(node, wish).length === 0;',
    'return named !== node.id || named === node.id;',
  ]),
  mutant('nodes that are away get leases', ['fair-share.ts', 'awayUntil === undefined && (restsUntil', '(restsUntil']),
  mutant('a worker is granted twice', [
    'lease-scheduler.ts',
    "found.state !== 'starting' || found.request",
    'found.request',
  ]),
  mutant('workers of requests that have ended are granted', [
    'lease-scheduler.ts',
    "for (const lease of request.leases) if (lease.state === 'starting') this.#leases.stop(lease, request.exclusive);",
    '',
  ]),
  mutant('a session that is closed keeps its leases', [
    'lease-scheduler.ts',
    'for (const lease of session.leases) this.#leases.stop(lease, true);',
    '',
  ]),
  mutant('a session that is away keeps its requests', [
    'lease-scheduler.ts',
    'this.#endRequests(session);\n    this.#plan(now);',
    'this.#plan(now);',
  ]),
  mutant('a session that stays away is not closed', [
    'lease-scheduler.ts',
    'session.awayUntil !== undefined && session.awayUntil <= now',
    'session.awayUntil === now - 1e12',
  ]),
  mutant('leases that a session does not name are kept', [
    'lease-scheduler.ts',
    'for (const lease of session.leases) if (!named.has(lease.id))',
    'for (const lease of session.leases) if (named.size > 1e9)',
  ]),
  mutant('leases that a node does not name are kept', [
    'lease-scheduler.ts',
    'if (runs.has(lease.id)) continue;',
    'if (lease) continue;',
  ]),
  mutant('a node may go on with leases that nobody has', ['lease-scheduler.ts', 'ended.push(id); // L3', '{}']),
  mutant('what a node says that it runs is ended', [
    'lease-scheduler.ts',
    'return session?.greeted && !session.claims.has(lease) ? undefined : session;',
    'return session?.greeted ? undefined : session;',
  ]),
  mutant('a session is believed whatever it says it has', ['lease-scheduler.ts', 'else ended.push(lease);', 'else {}']),
  mutant('claims are never given up', ['lease-scheduler.ts', 'this.#leases.loseClaims(session);', '{}']),
  mutant('nodes do not hear of the end of a session', [
    'lease-scheduler.ts',
    "this.#effects.push({ type: 'session.ended', session: session.id });",
    '',
  ]),
  mutant('a node that is back does not hear of the end of a session', [
    'lease-scheduler.ts',
    'joining.sessions.filter((session) => this.#sessionOf(session, now) === undefined)',
    '[]',
  ]),
  mutant('a new head does not wait for the sessions of which a node speaks', [
    'lease-scheduler.ts',
    'joining.sessions.filter((session) => this.#sessionOf(session, now) === undefined)',
    'joining.sessions.filter((session) => !this.#sessions.has(session))',
  ]),
  mutant('the loss of a worker is not told', [
    'lease-table.ts',
    "this.#say({ type: 'lease.lost', session: session.id",
    "({ type: 'lease.lost', session: session.id",
  ]),
  mutant('a lost worker gives nothing free', [
    'lease-table.ts',
    'this.remove(lease);\n    const { id, session }',
    'const { id, session }',
  ]),
  mutant('nodes that rest for a session never get leases for it again', [
    'next-deadline.ts',
    'for (const { restsUntil = next } of unreachable.values()) next = Math.min(next, restsUntil);',
    '',
  ]),
  mutant('nodes that rest never get leases again', [
    'next-deadline.ts',
    'else if (waits && restsUntil !== undefined)',
    'else if (waits && restsUntil === null)',
  ]),
];

/** Makes the class of a mutant: the sources are changed in a directory of their own, which is gone afterwards. */
export async function loadMutant({ name, replacements }: Mutant): Promise<SchedulerClass> {
  const directory = await mkdtemp(join(tmpdir(), 'gridbook-mutant-'));
  try {
    await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
    for (const file of files) {
      let source = await readFile(new URL(`../../../daemon/head/${file}`, import.meta.url), 'utf8');
      for (const [of, from, to] of replacements) {
        if (of !== file) continue;
        assert.equal(source.split(from).length, 2, `the mutant "${name}" replaces a text that is in ${file} once`);
        source = source.replace(from, () => to);
      }
      await writeFile(join(directory, file), source);
    }
    const path = pathToFileURL(join(directory, 'lease-scheduler.ts')).href;
    const loaded: { LeaseScheduler: SchedulerClass } = await import(path);
    return loaded.LeaseScheduler;
  } finally {
    await rm(directory, { recursive: true });
  }
}

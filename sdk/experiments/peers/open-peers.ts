// Opens peers by their names, and says of those that are not on this machine what would bring them.

import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from '../../errors.ts';
import type { Session } from '../../session.ts';
import { textOf } from '../../text-of.ts';
import { type MissingPeer, type Peer, type PeerName, peerGroups, peerSummaries } from './peer.ts';
import { openPiscinaPeers } from './piscina-peers.ts';
import { openPythonPeers } from './python-peers.ts';
import { loopPeer, sessionPeer } from './session-peers.ts';

/** Peers that are ready, and those that are not there. */
export interface OpenPeers {
  readonly peers: readonly Peer[];
  readonly missing: readonly MissingPeer[];
  /** Ends all that was started for them. The session is not ended. */
  close(): Promise<void>;
}

/** What peers are opened with. */
export interface OpenPeersOptions {
  /** Whose tasks are measured; without one there is no peer `gridbook`. */
  readonly session?: Session | undefined;
  /** @default GRIDBOOK_PYTHON, or python3 */
  readonly python?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told what is being started. */
  readonly onStart?: ((what: string) => void) | undefined;
}

function isPeerName(name: string): name is PeerName {
  return Object.hasOwn(peerSummaries, name);
}

/**
 * The peers that names stand for, each once, `gridbook` first.
 *
 * @throws InvalidArgumentError for a name that is none.
 */
export function peersNamed(names: readonly string[]): PeerName[] {
  const found = names.flatMap((name): readonly PeerName[] => {
    const group = Object.hasOwn(peerGroups, name) ? peerGroups[name] : undefined;
    if (group !== undefined) return group;
    if (isPeerName(name)) return [name];
    const known = [...Object.keys(peerGroups), ...Object.keys(peerSummaries)];
    throw new InvalidArgumentError(`There is no peer "${name}": there are ${known.join(', ')}`);
  });
  return [...new Set<PeerName>(['gridbook', ...found])];
}

/**
 * Opens peers.
 *
 * @throws Error when one is there but does not start; the signal's reason when it is aborted.
 */
export async function openPeers(names: readonly PeerName[], options: OpenPeersOptions): Promise<OpenPeers> {
  const { session, signal, onStart } = options;
  const python = options.python ?? process.env['GRIDBOOK_PYTHON'] ?? 'python3';
  if (python.trim() === '') throw new InvalidArgumentError('python must be the name or the path of an interpreter');
  const cores = availableParallelism();
  const peers: Peer[] = [];
  const missing: MissingPeer[] = [];
  const closes: (() => Promise<void>)[] = [];
  const wanted = (of: readonly PeerName[]): PeerName[] => names.filter((name) => of.includes(name));
  const lacking = (of: readonly PeerName[], why: string, install: string): void => {
    for (const peer of of) missing.push({ peer, why, install });
  };
  const close = async (): Promise<void> => {
    await Promise.all(closes.map((end) => end()));
  };

  if (session !== undefined && names.includes('gridbook')) peers.push(sessionPeer(session));
  for (const name of ['baseline', 'baseline-js'] as const) if (names.includes(name)) peers.push(loopPeer(name));
  try {
    for (const program of ['numpy', 'ray'] as const) {
      const of = wanted(peerGroups[program] ?? ['numpy']);
      if (of.length === 0) continue;
      onStart?.(program);
      const opened = await openPythonPeers(program, of, cores, { python, signal }).catch((error: unknown) => {
        if (signal?.aborted) throw error;
        return { missing: { why: textOf(error), install: `see whether ${python} runs ${program} by itself` } };
      });
      if ('missing' in opened) {
        lacking(of, opened.missing.why, opened.missing.install);
        continue;
      }
      peers.push(...opened.peers);
      closes.push(opened.close);
    }
    const ofPiscina = wanted(peerGroups['piscina'] ?? []);
    if (ofPiscina.length > 0) {
      const opened = openPiscinaPeers(ofPiscina, cores);
      if (opened === undefined) {
        lacking(ofPiscina, `piscina is not installed for ${process.cwd()}`, 'npm install piscina');
      } else {
        peers.push(...opened.peers);
        closes.push(opened.close);
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { peers, missing, close };
}

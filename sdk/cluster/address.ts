// From what a person writes as an address to where a daemon is, and what proves each side to the other.
//
// Invariants:
//   A1. The user's own token goes only to a daemon of this user that runs on this machine, never to whoever else listens
//       at an address.

import { isIP } from 'node:net';
import { ConnectionError, InvalidArgumentError } from '../errors.ts';
import { homeDirectory } from '../home-directory.ts';
import { hostAndPort, joinScheme, parseJoinString } from '../protocol/join-string.ts';
import { type DaemonRecord, readDaemonToken, runningDaemons } from './daemon-records.ts';

/** Where a daemon is. */
export interface ResolvedAddress {
  /** `http:` or `https:`, with host and port. */
  readonly url: string;
  readonly token: string;
  /** SHA-256 of its certificate, as hexadecimal pairs with colons; undefined without TLS. */
  readonly fingerprint: string | undefined;
}

/** The port of a head unless another is given. */
export const headPortDefault = 8265;

/** Whether a host means this machine and no other. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/**
 * Finds a daemon.
 *
 * @param address - `auto`: the head that this user started on this machine; a join string; or the `http(s)://host:port`
 *   or `host:port` of a daemon of this user on this machine.
 * @throws InvalidArgumentError when it is none of these; ConnectionError when no such daemon runs; AuthenticationError
 *   when its token cannot be had.
 */
export async function resolveAddress(address: string): Promise<ResolvedAddress> {
  if (address.startsWith(joinScheme)) {
    const { host, port, token, fingerprint } = parseJoinString(address);
    const scheme = fingerprint === undefined ? 'http' : 'https';
    return { url: `${scheme}://${hostAndPort(host, port)}`, token, fingerprint };
  }
  const home = homeDirectory();
  const running = runningDaemons(home);
  const { port, record } = address === 'auto' ? theHead(running) : daemonAt(address, running);
  return { url: record.url, token: readDaemonToken(home, port), fingerprint: record.fingerprint ?? undefined };
}

type Running = readonly { port: number; record: DaemonRecord }[];

function theHead(running: Running): Running[number] {
  const heads = running.filter(({ record }) => record.head);
  const [first] = heads;
  if (first === undefined) {
    throw new ConnectionError(
      'No head of yours runs on this machine: start one with "gridbook start --head", or set GRIDBOOK_ADDRESS to the join string of another machine\'s',
    );
  }
  const chosen = heads.length === 1 ? first : heads.find(({ port }) => port === headPortDefault);
  if (chosen !== undefined) return chosen;
  const urls = heads.map(({ record }) => record.url).join(', ');
  throw new InvalidArgumentError(`Several heads of yours run on this machine: say which one of ${urls}`);
}

/** A1 */
function daemonAt(address: string, running: Running): Running[number] {
  const { host, port } = placeOf(address);
  const place = hostAndPort(host, port);
  const found = running.find(
    (daemon) =>
      daemon.port === port &&
      (isLoopback(host) || new URL(daemon.record.url).host === place || daemon.record.address === place),
  );
  if (found !== undefined) return found;
  throw new ConnectionError(
    isLoopback(host)
      ? `No daemon of yours runs at ${place}: "gridbook start --head --port ${port}" starts one`
      : `No daemon of yours runs at ${place} on this machine: for one on another machine use its join string, which "gridbook start --head" printed there`,
  );
}

function placeOf(address: string): { host: string; port: number } {
  const match = /^(?:https?:\/\/)?(\[[0-9a-f:.]+\]|[a-z0-9.-]+):(\d{1,5})\/?$/i.exec(address.trim());
  if (match !== null) return { host: match[1]!.replace(/^\[|\]$/g, '').toLowerCase(), port: Number(match[2]) };
  throw new InvalidArgumentError(
    'The address is neither "auto", a join string such as gridbook://<token>@host:8265, nor http://host:port',
  );
}

// Who may pass: every request and every upgrade goes through here before anything else is looked at.
//
// A page in a browser can send requests to this machine, and a name that it controls can be made to mean this machine.
// So the host must be one that the daemon has, the origin none or the daemon's own, and the token right, in this order.
//
// Invariants:
//   G1. Nothing but the request line and headers has been read when a request is refused.
//   G2. A refusal says nothing of what is behind it: what is there and what is not look the same without the token.

import type { IncomingMessage } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { controlVersion, hostAndPort, isLoopback } from '../sdk/internal.ts';
import type { TokenCheck } from './tokens.ts';

/** Why a request does not pass, for its sender. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 426;
  readonly message: string;
}

export interface GuardOptions {
  readonly token: TokenCheck;
  /** What it listens on. */
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
}

/** Whether a host stands for all addresses of the machine. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** The values of `Host` by which a daemon can be meant. */
export function hostsOf(host: string, port: number, isSecure: boolean): ReadonlySet<string> {
  const names = new Set([host]);
  if (isLoopback(host) || isWildcard(host)) for (const name of ['localhost', '127.0.0.1', '::1']) names.add(name);
  if (isWildcard(host)) {
    names.add(hostname());
    for (const { address } of Object.values(networkInterfaces()).flatMap((all) => all ?? [])) names.add(address);
  }
  const hosts = [...names].map((name) => hostAndPort(name.toLowerCase(), port));
  // Clients leave out the port that belongs to the scheme.
  const isSchemePort = port === (isSecure ? 443 : 80);
  return new Set(isSchemePort ? hosts.flatMap((place) => [place, place.slice(0, place.lastIndexOf(':'))]) : hosts);
}

/** Without the prefix of an IPv4 address to which a connection came by IPv6. */
function bareAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

export class Guard {
  readonly #token: TokenCheck;
  readonly #listening: { readonly host: string; readonly port: number; readonly isSecure: boolean };
  readonly #hosts: ReadonlySet<string>;

  constructor({ token, ...listening }: GuardOptions) {
    this.#token = token;
    this.#listening = listening;
    this.#hosts = hostsOf(listening.host, listening.port, listening.isSecure);
  }

  /**
   * Whether a value of `Host` means the daemon: one that it had at its start, or the address to which the connection came,
   * which the machine may have got since.
   */
  #isOwn(place: string, reached: string | undefined): boolean {
    const { host, port, isSecure } = this.#listening;
    if (this.#hosts.has(place)) return true;
    return isWildcard(host) && reached !== undefined && hostsOf(bareAddress(reached), port, isSecure).has(place);
  }

  #isOwnOrigin(origin: string, reached: string | undefined): boolean {
    const scheme = this.#listening.isSecure ? 'https://' : 'http://';
    return origin.startsWith(scheme) && this.#isOwn(origin.slice(scheme.length), reached);
  }

  /** Why a request does not pass; undefined when it does (G1). */
  refusalOf({ headersDistinct: headers, url = '', socket }: IncomingMessage): Refusal | undefined {
    const hosts = headers['host'] ?? [];
    if (hosts.length !== 1 || !this.#isOwn(hosts[0]!.toLowerCase(), socket.localAddress)) {
      return { status: 403, message: 'this host is not one of the daemon' };
    }
    const origins = headers['origin'] ?? [];
    if (!origins.every((origin) => this.#isOwnOrigin(origin.toLowerCase(), socket.localAddress))) {
      return { status: 403, message: 'requests from other origins are not taken' };
    }
    const authorization = headers['authorization'] ?? [];
    if (!this.#token.accepts(authorization.length === 1 ? authorization[0] : undefined)) {
      return { status: 401, message: 'the token is missing or wrong' }; // G2
    }
    const version = headers['x-gridbook-version']?.join(', ') ?? 'none';
    if (version !== String(controlVersion)) {
      const message = `the daemon speaks version ${controlVersion} of the protocol, the request version ${version}: install the same version of gridbook on both sides, and start the daemon again`;
      return { status: 426, message };
    }
    return url.startsWith('/') ? undefined : { status: 400, message: 'the request names no path' };
  }
}

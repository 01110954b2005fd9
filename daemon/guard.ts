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

export class Guard {
  readonly #token: TokenCheck;
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  constructor({ token, host, port, isSecure }: GuardOptions) {
    this.#token = token;
    this.#hosts = hostsOf(host, port, isSecure);
    this.#origins = new Set([...this.#hosts].map((place) => `${isSecure ? 'https' : 'http'}://${place}`));
  }

  /** Why a request does not pass; undefined when it does (G1). */
  refusalOf({ headersDistinct: headers, url = '' }: IncomingMessage): Refusal | undefined {
    const hosts = headers['host'] ?? [];
    if (hosts.length !== 1 || !this.#hosts.has(hosts[0]!.toLowerCase())) {
      return { status: 403, message: 'this host is not one of the daemon' };
    }
    const origins = headers['origin'] ?? [];
    if (!origins.every((origin) => this.#origins.has(origin.toLowerCase()))) {
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

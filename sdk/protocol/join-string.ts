// The join string: all that a machine needs to come to a cluster, in one word that no shell takes apart.
//
// `gridbook://<token>@<host>:<port>/<fingerprint>`; the fingerprint is there exactly when the connection is by TLS.
// Whoever has it can run anything as the daemon's user.

import { InvalidArgumentError } from '../errors.ts';

/** What a join string holds. */
export interface JoinAddress {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** SHA-256 of the certificate, as hexadecimal pairs with colons; undefined without TLS. */
  readonly fingerprint: string | undefined;
}

const form =
  /^gridbook:\/\/([A-Za-z0-9_-]{16,128})@(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})(?:\/([A-Za-z0-9_-]{43}))?$/;

/** What every join string begins with. */
export const joinScheme = 'gridbook://';

/** `host:port`, with the brackets that an IPv6 address needs. */
export function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Writes a join string. */
export function joinString({ host, port, token, fingerprint }: JoinAddress): string {
  const short =
    fingerprint === undefined ? '' : `/${Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url')}`;
  return `${joinScheme}${token}@${hostAndPort(host, port)}${short}`;
}

/**
 * Reads a join string.
 *
 * @throws InvalidArgumentError when it is none; the message does not repeat it, for it holds a secret.
 */
export function parseJoinString(text: string): JoinAddress {
  const match = form.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) {
    throw new InvalidArgumentError(
      'The join string is not of the form gridbook://<token>@<host>:<port>/<fingerprint>: copy the whole of what "gridbook start --head" printed',
    );
  }
  const digest = match[4] === undefined ? undefined : Buffer.from(match[4], 'base64url').toString('hex');
  return {
    token: match[1]!,
    host: match[2]!.replace(/^\[|\]$/g, ''),
    port,
    fingerprint: digest?.toUpperCase().match(/../g)?.join(':'),
  };
}

// Opens WebSockets to daemons and workers: by TCP or TLS with a token, or by a Unix socket.
//
// A daemon beyond loopback has a certificate that it made itself; what proves it is the fingerprint that came with the
// join string. The certificate is fetched and compared first, and the connection that carries the token trusts that
// certificate and no other, so that the token is never sent to anyone else.
//
// Invariants:
//   O1. The token is written only to a peer whose certificate has the fingerprint, or to a plain connection that the
//       address asks for.
//   O2. What goes wrong with a connection after it was opened ends it with a 'close' and never the process, also before
//       whoever asked for it listens.
//   O3. What a peer says with its answer to the upgrade, or right after it, waits until whoever asked for the connection
//       could begin to listen.

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { AuthenticationError, ConnectionError, VersionError } from '../errors.ts';
import { textOf } from '../text-of.ts';
import { controlVersion } from './control-messages.ts';
import { zeroMask } from './websocket-channel.ts';

/** Where a peer is. */
export type PeerPlace =
  | {
      /** `http:` or `https:`, with host and port. */
      readonly url: string;
      readonly token: string;
      /** SHA-256 of the peer's certificate, as hexadecimal pairs with colons; needed for `https:`. */
      readonly fingerprint: string | undefined;
    }
  /** A Unix socket's path. */
  | { readonly socket: string };

/** How a WebSocket is opened. */
export interface OpenOptions {
  /** Such as `/v1/session`. */
  readonly path: string;
  /** The longest message that may come. */
  readonly messageBytesMax: number;
  /** @default 5000 */
  readonly timeoutMs?: number;
}

const timeoutDefaultMs = 5000;
/** Certificates that have shown the right fingerprint, by address and fingerprint. */
const trusted = new Map<string, string>();
const trustedMax = 1000;

/**
 * Opens a WebSocket.
 *
 * @throws AuthenticationError when the peer refuses the token or has another certificate; VersionError when it speaks
 *   another version; ConnectionError otherwise.
 */
export async function openPeer(
  place: PeerPlace,
  { path, messageBytesMax, timeoutMs = timeoutDefaultMs }: OpenOptions,
): Promise<WebSocket> {
  const common = {
    perMessageDeflate: false,
    maxPayload: messageBytesMax,
    handshakeTimeout: timeoutMs,
    generateMask: zeroMask,
  };
  if ('socket' in place) {
    const headers = { 'X-Gridbook-Version': String(controlVersion) };
    // The path of a socket may hold what an address cannot.
    const createConnection = (): Socket => connectTcp(place.socket);
    return opened(
      new WebSocket(`ws://localhost${path}`, { ...common, headers, createConnection }),
      place.socket,
      timeoutMs,
    );
  }
  const { url, token, fingerprint } = place;
  const headers = { Authorization: `Bearer ${token}`, 'X-Gridbook-Version': String(controlVersion) };
  const target = new URL(path, url);
  const secure = target.protocol === 'https:';
  target.protocol = secure ? 'wss:' : 'ws:';
  const tls = secure
    ? { ca: await certificateOf(target, fingerprint, timeoutMs), checkServerIdentity: () => undefined }
    : {};
  return opened(new WebSocket(target, { ...common, ...tls, headers }), url, timeoutMs); // O1
}

/**
 * Opens a connection without a protocol on it yet.
 *
 * @throws AuthenticationError when the peer has another certificate; ConnectionError otherwise.
 */
export async function openStream(
  place: Exclude<PeerPlace, { socket: string }>,
  timeoutMs = timeoutDefaultMs,
): Promise<Socket> {
  const url = new URL(place.url);
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const socket = secure
    ? connectTls({
        host,
        port,
        ca: await certificateOf(url, place.fingerprint, timeoutMs),
        checkServerIdentity: () => undefined,
      })
    : connectTcp({ host, port });
  socket.on('error', () => {}); // O2
  try {
    await once(socket, secure ? 'secureConnect' : 'connect', { signal: AbortSignal.timeout(timeoutMs) });
    return socket;
  } catch (cause) {
    socket.destroy();
    throw new ConnectionError(`Cannot connect to ${url.host}: ${textOf(cause)}`, { cause });
  }
}

/** @param timeoutMs - for everything until it is open or refused, however slowly the peer speaks. */
async function opened(socket: WebSocket, where: string, timeoutMs: number): Promise<WebSocket> {
  let refused: { status: number; text: string } | undefined;
  let isTooLate = false;
  const timer = setTimeout(() => {
    isTooLate = true;
    socket.terminate();
  }, timeoutMs);
  socket.on('error', () => {}); // O2
  socket.once('open', () => socket.pause()); // O3
  socket.on('unexpected-response', (_request, response: IncomingMessage) => {
    const said = { status: response.statusCode ?? 0, text: '' };
    refused = said; // told also when its text is cut or does not end
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      if (said.text.length < 4096) said.text += part;
    });
    response.on('close', () => socket.terminate());
  });
  try {
    await once(socket, 'open');
    setImmediate(() => socket.resume()); // O3
    return socket;
  } catch (cause) {
    if (refused !== undefined) throw refusalOf(refused, where);
    const why = isTooLate ? `it did not answer within ${timeoutMs / 1000} s` : textOf(cause);
    throw new ConnectionError(`Cannot connect to ${where}: ${why}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

function refusalOf({ status, text }: { status: number; text: string }, where: string): Error {
  const said = messageIn(text.trim());
  if (status === 401) return new AuthenticationError(`Cannot connect to ${where}: ${said || 'the token is wrong'}`);
  if (status === 426) return new VersionError(`Cannot connect to ${where}: ${said}`);
  const why = `it answered ${status}${said === '' ? '' : `, ${said}`}`;
  const refusal = new ConnectionError(`Cannot connect to ${where}: ${why}`);
  statuses.set(refusal, status);
  return refusal;
}

const statuses = new WeakMap<Error, number>();

/** With which status of HTTP a peer refused; undefined when it was something else. */
export function refusedStatus(error: Error): number | undefined {
  return statuses.get(error);
}

/** Daemons refuse with `{ "error": "…" }`. */
function messageIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'error' in value ? String(value.error) : text;
  } catch {
    return text;
  }
}

/** The peer's certificate, if it has the fingerprint. @throws AuthenticationError when it has another one. */
async function certificateOf(url: URL, fingerprint: string | undefined, timeoutMs: number): Promise<string> {
  if (fingerprint === undefined) {
    throw new AuthenticationError(`Cannot connect to ${url.host}: its address has no certificate fingerprint`);
  }
  const key = `${url.host} ${fingerprint}`;
  const known = trusted.get(key);
  if (known !== undefined) return known;
  const port = url.port === '' ? 443 : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // Nothing is written to this connection: it only shows the certificate.
  const socket: TLSSocket = connectTls({ host, port, rejectUnauthorized: false });
  socket.on('error', () => {}); // O2
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(timeoutMs) });
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined || certificate.fingerprint256 !== fingerprint) {
      const shown = certificate?.fingerprint256 ?? 'none';
      throw new AuthenticationError(
        `Cannot connect to ${url.host}: its certificate has the fingerprint ${shown}, the address says ${fingerprint}`,
      );
    }
    const pem = certificate.toString();
    if (trusted.size >= trustedMax) trusted.clear();
    trusted.set(key, pem);
    return pem;
  } catch (cause) {
    if (cause instanceof AuthenticationError) throw cause;
    const why = textOf(cause);
    throw new ConnectionError(`Cannot connect to ${url.host}: ${why}`, { cause });
  } finally {
    socket.destroy();
  }
}

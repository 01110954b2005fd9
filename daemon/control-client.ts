// Asks a daemon something over HTTP, as the commands do.
//
// Invariants:
//   Q1. The token is written only once the peer's certificate has the fingerprint, or to a plain connection that the
//       address asks for.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import {
  AuthenticationError,
  ConnectionError,
  controlVersion,
  GridbookError,
  type ResolvedAddress,
  VersionError,
} from '../sdk/internal.ts';

const timeoutDefaultMs = 5000;
const answerBytesMax = 16 * 2 ** 20;

export interface Ask {
  readonly method: 'GET' | 'POST';
  /** Such as `/v1/status`. */
  readonly path: string;
  readonly body?: unknown;
  /** @default 5000 */
  readonly timeoutMs?: number;
}

export interface Told {
  readonly json: unknown;
  /** By which address of this machine the daemon was reached. */
  readonly localAddress: string;
}

/**
 * Asks a daemon.
 *
 * @throws ConnectionError when it is not there or does not answer; AuthenticationError when the token or the certificate
 *   is wrong; VersionError when it speaks another version.
 */
export async function askDaemon(
  place: ResolvedAddress,
  { method, path, body, timeoutMs = timeoutDefaultMs }: Ask,
): Promise<Told> {
  const url = new URL(path, place.url);
  const signal = AbortSignal.timeout(timeoutMs);
  let socket: Socket | undefined;
  try {
    const connection = await connectTo(url, place.fingerprint, signal);
    socket = connection;
    const { localAddress = '' } = connection;
    const asked = request({
      method,
      host: url.hostname,
      path: url.pathname,
      headers: {
        Host: url.host,
        Authorization: `Bearer ${place.token}`,
        'X-Gridbook-Version': String(controlVersion),
        Connection: 'close',
      },
      createConnection: () => connection,
      signal,
    });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    const [response]: IncomingMessage[] = await once(asked, 'response', { signal });
    if (response === undefined) throw new TypeError('A response without a message');
    return { json: await read(response, url.host), localAddress };
  } catch (cause) {
    if (cause instanceof GridbookError) throw cause;
    throw new ConnectionError(`Cannot reach a daemon at ${url.host}: ${reasonOf(cause, signal)}`, { cause });
  } finally {
    socket?.destroy();
  }
}

/** Q1 */
async function connectTo(
  { protocol, hostname, port, host }: URL,
  fingerprint: string | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const place = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (protocol === 'https:' ? 443 : 80)) };
  if (protocol !== 'https:') {
    const socket = connect(place);
    await connected(socket, 'connect', signal);
    return socket;
  }
  if (fingerprint === undefined) {
    throw new AuthenticationError(`Cannot connect to ${host}: its address has no certificate fingerprint`);
  }
  const socket = connectSecurely({ ...place, rejectUnauthorized: false });
  await connected(socket, 'secureConnect', signal);
  const shown = socket.getPeerX509Certificate()?.fingerprint256;
  if (shown === fingerprint) return socket;
  socket.destroy();
  throw new AuthenticationError(
    `Cannot connect to ${host}: its certificate is not the one that the join string names, so this may be another machine`,
  );
}

async function connected(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  try {
    await once(socket, event, { signal });
  } catch (error) {
    socket.on('error', () => {}).destroy();
    throw error;
  }
}

async function read(response: IncomingMessage, host: string): Promise<unknown> {
  const { statusCode: status = 0 } = response;
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) {
    text += part;
    if (text.length > answerBytesMax) throw new ConnectionError(`Cannot talk to ${host}: its answer is too long`);
  }
  const json = parsed(text);
  if (status >= 200 && status < 300 && json !== undefined) return json;
  const said = errorIn(json);
  if (status === 401) throw new AuthenticationError(`Cannot connect to ${host}: ${said ?? 'the token is wrong'}`);
  if (status === 426 && said !== undefined) throw new VersionError(`Cannot connect to ${host}: ${said}`);
  if (said !== undefined) throw new ConnectionError(`Cannot connect to ${host}: ${said}`);
  throw new ConnectionError(`Cannot connect to ${host}: what listens there is no daemon of gridbook`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorIn(json: unknown): string | undefined {
  const isTold = typeof json === 'object' && json !== null && 'error' in json && typeof json.error === 'string';
  return isTold ? String(json.error) : undefined;
}

function reasonOf(cause: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'it does not answer';
  if (!(cause instanceof Error)) return String(cause);
  const code: unknown = 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'there is no machine of that name';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no way leads there';
    case 'ECONNRESET':
    case 'EPROTO':
      return 'what listens there closed the connection; perhaps one side speaks TLS and the other does not';
    default:
      return cause.message || String(code);
  }
}

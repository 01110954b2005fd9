// Bodies of requests and answers: JSON, limited, and never kept by anyone on the way.

import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** The longest body of a request, in bytes. */
const bodyBytesMax = 1024 * 1024;
/** How much of a refused request is read and thrown away, so that its sender can read the refusal. */
const refusedBytesMax = 64 * 1024;

function headersOf(status: number, text: string): OutgoingHttpHeaders {
  return {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
  };
}

/** Answers a request. */
export function answer(response: ServerResponse, status: number, json: unknown): void {
  const text = JSON.stringify(json) ?? 'null';
  response.writeHead(status, headersOf(status, text)).end(text);
}

/** Answers a request that is refused, and ends its connection. */
export function refuse(request: IncomingMessage, response: ServerResponse, status: number, json: unknown): void {
  let seenBytes = 0;
  request.on('data', (part: Buffer) => {
    seenBytes += part.length;
    if (seenBytes > refusedBytesMax) request.destroy();
  });
  const text = JSON.stringify(json);
  response.writeHead(status, { ...headersOf(status, text), Connection: 'close' }).end(text);
}

/** Answers a request for an upgrade that is refused, and ends its connection. */
export function refuseUpgrade(socket: Duplex, status: number, json: unknown): void {
  const text = JSON.stringify(json);
  const lines = Object.entries({ ...headersOf(status, text), Connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${[`${status} ${STATUS_CODES[status]}`, ...lines].join('\r\n')}\r\n\r\n${text}`);
}

/** A body that is not what a route takes, with the status that says so. */
export interface BadBody {
  readonly status: 400 | 413;
  readonly message: string;
}

/** Reads the body of a request as JSON; undefined when there is none. */
export async function readJson(request: IncomingMessage): Promise<{ body: unknown } | BadBody> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  // A request that is left half-read must still be answered.
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(part)) throw new TypeError('A request has an encoding');
    sizeBytes += part.length;
    if (sizeBytes > bodyBytesMax) return { status: 413, message: `the body is longer than ${bodyBytesMax} bytes` };
    parts.push(part);
  }
  if (sizeBytes === 0) return { body: undefined };
  try {
    return { body: JSON.parse(Buffer.concat(parts).toString('utf8')) };
  } catch {
    return { status: 400, message: 'the body is not JSON' };
  }
}

// Whether a port can be had, and what is said when it cannot.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { ConnectionError, hostAndPort } from '../sdk/internal.ts';

/** What a failed `listen` is told as. */
export function listenError(host: string, port: number, cause: unknown): ConnectionError {
  return new ConnectionError(`Cannot listen on ${hostAndPort(host, port)}: ${reasonOf(cause)}`, { cause });
}

function reasonOf(cause: unknown): string {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') return 'the port is in use; choose another with --port';
  if (code === 'EACCES') return 'the port needs rights that you do not have; choose one above 1023 with --port';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'this machine does not have the address';
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Takes a port and gives it back, so that one that cannot be had is told of before a process is started for it. Who takes it
 * in between is told of by that process.
 *
 * @throws ConnectionError when it cannot be had.
 */
export async function checkPort(host: string, port: number): Promise<void> {
  const server = createServer();
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw listenError(host, port, cause);
  }
  server.close();
  await once(server, 'close');
}

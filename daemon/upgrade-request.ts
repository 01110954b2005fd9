// A request to upgrade, as it is passed on to a worker, a node or a session that has an actor.
//
// Invariants:
//   U1. Of the request only what opens a WebSocket goes on: no token and no cookie reaches the other side.

import type { IncomingMessage } from 'node:http';

/** What opens a WebSocket. */
const passedOn = [
  'upgrade',
  'connection',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'x-gridbook-version',
];

/** What a header's value may not hold: it would begin another header. */
const lineBreak = /[\r\n]/;

/** A caller's request as it goes on (U1). */
export function upgradeRequest(
  request: IncomingMessage,
  pathname: string,
  host: string,
  ownHeaders: readonly string[] = [],
): string {
  const headers = passedOn.flatMap((name) => {
    const value = request.headers[name];
    return typeof value === 'string' && !lineBreak.test(value) ? [`${name}: ${value}`] : [];
  });
  return [`GET ${pathname} HTTP/1.1`, `host: ${host}`, ...ownHeaders, ...headers, '', ''].join('\r\n');
}

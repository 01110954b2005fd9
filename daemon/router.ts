// Which route a path means.
//
// Invariants:
//   T1. What a parameter holds is a plain name: no separator, no dots alone, nothing that a file system would take apart.

import { isPlainName } from '../sdk/internal.ts';
import type { Route } from './service.ts';

/** A route with the parameters of a request, or what is wrong with the request. */
export type Match =
  | { readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly status: 400 | 404 | 405; readonly message: string };

interface Entry {
  readonly route: Route;
  readonly segments: readonly string[];
}

export class Router {
  readonly #entries: readonly Entry[];
  readonly routes: readonly Route[];

  constructor(routes: readonly Route[]) {
    this.routes = routes;
    this.#entries = routes.map((route) => ({ route, segments: route.path.split('/') }));
  }

  /**
   * Finds the route of a request.
   *
   * @param pathname - the path without its query, as it came.
   * @param isUpgrade - whether the request asks for a WebSocket.
   */
  match(method: string, pathname: string, isUpgrade: boolean): Match {
    const segments = pathname.split('/');
    const there = this.#entries.filter((entry) => fits(entry.segments, segments));
    if (there.length === 0) return { status: 404, message: 'there is no such path' };
    const params: Record<string, string> = {};
    const found = there.find(({ route }) =>
      route.type === 'http' ? !isUpgrade && route.method === method : isUpgrade && method === 'GET',
    );
    if (found === undefined) {
      const isHttp = there.some(({ route }) => route.type === 'http');
      return isHttp
        ? { status: 405, message: 'the path does not take this method' }
        : { status: 400, message: 'the path speaks WebSocket only' };
    }
    for (const [i, segment] of found.segments.entries()) {
      if (!segment.startsWith(':')) continue;
      const value = decoded(segments[i]!);
      if (!isPlainName(value)) {
        return { status: 400, message: `the path's ${segment.slice(1)} is not a plain name` }; // T1
      }
      params[segment.slice(1)] = value;
    }
    return { route: found.route, params };
  }
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.length === segments.length && pattern.every((part, i) => part.startsWith(':') || part === segments[i]);
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

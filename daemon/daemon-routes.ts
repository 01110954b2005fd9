// What every daemon answers, whatever its parts are: how it is, and that it shall stop.

import { controlVersion, type DaemonRecord } from '../sdk/internal.ts';
import type { Services } from './daemon.ts';
import type { Logger } from './log.ts';
import type { HttpRoute, Service } from './service.ts';

/** What the routes tell and do. */
export interface DaemonState {
  readonly record: DaemonRecord;
  readonly log: Logger;
  readonly services: Services;
  isStopping(): boolean;
  stop(): void;
}

/** `GET /v1/status` and `POST /v1/stop`. */
export function daemonRoutes({ record, log, services, isStopping, stop }: DaemonState): HttpRoute[] {
  const { processStart: _, ...identity } = record;
  return [
    {
      type: 'http',
      method: 'GET',
      path: '/v1/status',
      handle() {
        const daemon = {
          ...identity,
          version: controlVersion,
          state: isStopping() ? 'stopping' : 'running',
          uptimeMs: Math.round(process.uptime() * 1000),
          memoryBytes: process.memoryUsage.rss(),
        };
        const parts = Object.entries(services).map(([name, service]) => [name, statusOf(name, service, log)]);
        return { status: 200, json: { daemon, ...Object.fromEntries(parts) } };
      },
    },
    {
      type: 'http',
      method: 'POST',
      path: '/v1/stop',
      handle() {
        // After the answer, which the end of the listener would cut.
        setImmediate(stop);
        return { status: 202, json: { state: 'stopping' } };
      },
    },
  ];
}

function statusOf(name: string, service: Service, log: Logger): Record<string, unknown> {
  try {
    return service.status();
  } catch (error) {
    log.error({ part: name, error: String(error) }, 'a part did not tell its status');
    return { error: 'its status cannot be told' };
  }
}

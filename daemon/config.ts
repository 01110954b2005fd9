// What a daemon is started with. It comes on the daemon's standard input, since it may hold a token, which arguments and
// environment would show to others and pass on to tasks.

import { z } from 'zod';

/** How much a daemon may log, from all to the least. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;

const names = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/, 'is not a name of letters, digits and . _ - /');

export const daemonConfig = z.object({
  /** The directory of everything of this user. */
  home: z.string().min(1),
  /** Where it listens; a name or an address. */
  host: z.string().min(1).max(255),
  /** 0: any free one. */
  port: z.int().min(0).max(65_535),
  /** Whether it may speak in cleartext beyond loopback. */
  insecure: z.boolean(),
  /** What its node has, by name; `cpus` is how many workers of one cpu run at once. */
  resources: z.record(names, z.number().finite().nonnegative()),
  labels: z.record(names, z.string().max(256)),
  logLevel: z.enum(logLevels),
  /** The head that the node belongs to; null when the daemon is a head itself. */
  join: z.object({ url: z.string(), token: z.string().min(16), fingerprint: z.string().nullable() }).nullable(),
});

/** What a daemon is started with. */
export type DaemonConfig = z.infer<typeof daemonConfig>;

// Entry of a daemon in the background. Reads what it is started with from standard input, and says on standard output, in
// one line of JSON, that it serves or why it cannot; then nobody listens there any more.

import { text } from 'node:stream/consumers';
import { GridbookError } from '../sdk/internal.ts';
import { daemonConfig } from './config.ts';
import { runDaemon } from './daemon-process.ts';

process.title = 'gridbook daemon';
// Meant for this process alone; tasks inherit the environment.
delete process.env['NODE_COMPILE_CACHE'];
// Whoever started it has gone by the time that something might be written there.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  const config = daemonConfig.parse(JSON.parse(await text(process.stdin)));
  await runDaemon(config, false, ({ port }) => process.stdout.write(`${JSON.stringify({ port })}\n`));
  process.exit(0);
} catch (error) {
  const code = error instanceof GridbookError ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`, () => process.exit(1));
}

// Nodes without machines: connections to a head that say they are nodes, tell their load, and start every worker at once.
// Arguments: the head's URL and how many; the token comes on standard input. Prints a line once all have joined.

import { text } from 'node:stream/consumers';
import { controlBytesMax, openPeer } from '../../../sdk/internal.ts';

const [url = '', count = '1000'] = process.argv.slice(2);
const cpus = 10;
let joined = 0;
const token = (await text(process.stdin)).trim();

async function join(i: number): Promise<void> {
  const place = { url, token, fingerprint: undefined };
  const socket = await openPeer(place, { path: '/v1/node', messageBytesMax: controlBytesMax });
  const say = (message: object): void => socket.send(JSON.stringify(message));
  socket.on('message', (data) => {
    const message: { type: string; lease: string } = JSON.parse(String(data));
    if (message.type === 'node.welcome' && ++joined === Number(count)) process.stdout.write('joined\n');
    if (message.type !== 'worker.start') return;
    say({ type: 'worker.ready', lease: message.lease, worker: `w-${message.lease}`, socket: '/none' });
  });
  socket.on('close', () => process.exit(0));
  say({
    type: 'node.hello',
    node: `n${i}`,
    incarnation: `n${i}-1`,
    address: null,
    fingerprint: null,
    resources: { cpus },
    labels: { rack: String(i % 40) },
    leases: [],
    sessions: [],
  });
  setInterval(() => say({ type: 'node.load', cpu: 0.5, memoryUsedBytes: 1e9, memoryBytes: 8e9 }), 1000);
}

for (let i = 0; i < Number(count); i += 50) {
  await Promise.all(Array.from({ length: Math.min(50, Number(count) - i) }, (_, k) => join(i + k)));
}

// A session as a card: where it runs, with how many workers, on which nodes.

import { formatBytes, type Session } from 'gridbook';
import { daemonStatus } from 'gridbook/daemon';
import { escaped, type MimeBundle } from './mime-bundle.ts';
import { rowsBundle } from './rows-table.ts';

const style = 'display:inline-block;border:1px solid #8888;border-radius:6px;padding:0.6em 1em';

/** Asks the head for its nodes; a session of this process has none. */
export async function sessionBundle(session: Session): Promise<MimeBundle> {
  const { cluster, workers } = session;
  const isEmbedded = cluster === 'embedded';
  const where = isEmbedded ? 'threads of this kernel' : cluster;
  const { nodes, problem } = isEmbedded ? { nodes: [], problem: '' } : await nodesOf(cluster);
  const facts = `${workers} ${workers === 1 ? 'worker' : 'workers'}: ${where}`;
  const table = nodes.length === 0 ? undefined : rowsBundle(nodes);
  const parts = [
    `<b>Session</b> · ${escaped(facts)}`,
    ...(table === undefined ? [] : [String(table['text/html'])]),
    ...(problem === '' ? [] : [escaped(problem)]),
  ];
  return {
    'text/html': `<div style="${style}">${parts.join('<br>')}</div>`,
    'text/plain': [
      `Session: ${facts}`,
      ...(table === undefined ? [] : [String(table['text/plain'])]),
      ...(problem === '' ? [] : [problem]),
    ].join('\n'),
  };
}

type Row = Readonly<Record<string, string | number>>;

async function nodesOf(address: string): Promise<{ nodes: Row[]; problem: string }> {
  try {
    const { head } = await daemonStatus(address);
    const nodes = (head?.nodes ?? []).map(({ node, isHead, address: at, resources, leases, load }) => ({
      node: isHead ? `${node} (head)` : node,
      address: at ?? '',
      workers: resources?.['cpus'] ?? '',
      leased: leases ?? '',
      'cpu in use': load == null ? '' : `${Math.round(load.cpu * 100)} %`,
      memory: load == null ? '' : `${formatBytes(load.memoryUsedBytes)} of ${formatBytes(load.memoryBytes)}`,
    }));
    return { nodes, problem: '' };
  } catch (error) {
    return { nodes: [], problem: `Its nodes cannot be asked for: ${error instanceof Error ? error.message : error}` };
  }
}

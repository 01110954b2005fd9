// A session as a card: where it runs, with how many workers, on which nodes.

import { formatBytes, type Session } from 'gridbook';
import { daemonStatus } from 'gridbook/daemon';
import { escaped, type MimeBundle } from './mime-bundle.ts';
import { rowsBundle } from './rows-table.ts';

const style = 'display:inline-block;border:1px solid #8888;border-radius:6px;padding:0.6em 1em';

/** Asks the head for its nodes; a session of this process has none. */
export async function sessionBundle(session: Session): Promise<MimeBundle> {
  const { cluster } = session;
  const isEmbedded = cluster === 'embedded';
  const { rows, workers, problem } = isEmbedded ? noNodes : await nodesOf(session);
  // The head counts a node that was cut off for a while yet, since it may come back with its workers.
  const count = Math.min(session.workers, workers);
  const where = isEmbedded ? ': threads of this kernel' : `, head at ${cluster}`;
  const facts = `${count} ${count === 1 ? 'worker' : 'workers'}${where}`;
  const table = rows.length === 0 ? undefined : rowsBundle(rows);
  const html = [`<b>Session</b> · ${escaped(facts)}`, table?.['text/html'], escaped(problem)];
  const text = [`Session: ${facts}`, table?.['text/plain'], problem];
  return {
    'text/html': `<div style="${style}">${html.filter(Boolean).join('<br>')}</div>`,
    'text/plain': text.filter(Boolean).join('\n'),
  };
}

/** The nodes of a cluster as rows of a table, and how many workers they have in all. */
interface Nodes {
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  readonly workers: number;
  /** Why they are not known. */
  readonly problem: string;
}

const noNodes: Nodes = { rows: [], workers: Number.POSITIVE_INFINITY, problem: '' };

async function nodesOf(session: Session): Promise<Nodes> {
  try {
    const { head } = await daemonStatus(session);
    if (head?.nodes === undefined) return noNodes;
    const { nodes } = head;
    const isLabelled = nodes.some(({ labels = {} }) => Object.keys(labels).length > 0);
    const rows = nodes.map(({ node, isHead, address: at, resources, labels = {}, leases, load }) => ({
      node: isHead ? `${node} (head)` : node,
      address: at ?? '',
      workers: resources?.['cpus'] ?? '',
      leased: leases ?? '',
      'CPU in use': load == null ? '' : `${Math.round(load.cpu * 100)} %`,
      memory: load == null ? '' : `${formatBytes(load.memoryUsedBytes)} of ${formatBytes(load.memoryBytes)}`,
      ...(isLabelled && {
        labels: Object.entries(labels)
          .map((label) => label.join('='))
          .join(', '),
      }),
    }));
    const workers = nodes.reduce((sum, { resources }) => sum + Math.floor(resources?.['cpus'] ?? 0), 0);
    return { rows, workers, problem: '' };
  } catch (error) {
    return { ...noNodes, problem: `Its nodes cannot be asked for: ${error instanceof Error ? error.message : error}` };
  }
}

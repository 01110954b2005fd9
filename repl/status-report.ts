// How a daemon is, as a person reads it.

import { stripVTControlCharacters } from 'node:util';
import type { DaemonStatus } from '../daemon/index.ts';
import { formatBytes, formatLongDuration, type TextColumn, textTable } from '../sdk/index.ts';

type Head = NonNullable<DaemonStatus['head']>;

const failuresShownMax = 10;

/** Everything that is known, in tables. */
export function statusReport({ daemon, head, node }: DaemonStatus, styled: boolean): string {
  const { url, address, pid, state, uptimeMs, memoryBytes } = daemon;
  const elsewhere = new URL(url).host === address ? '' : ` (${address} for other machines)`;
  const parts = [
    `${daemon.head ? 'Head' : 'Node'} at ${url}${elsewhere}: ${state} for ${formatLongDuration(uptimeMs)}, process ${pid}, ${formatBytes(memoryBytes)}`,
  ];
  if (node !== undefined) parts.push(nodeLine(node, daemon.head));
  if (head?.nodes !== undefined) parts.push(nodesTable(head.nodes, styled));
  if (head?.sessions !== undefined) parts.push(sessionsTable(head.sessions, styled));
  if (head?.actors !== undefined && head.actors.length > 0) parts.push(actorsTable(head.actors, styled));
  if (head?.failures !== undefined && head.failures.length > 0) {
    const shown = head.failures.slice(-failuresShownMax).map(({ at, message }) => `  ${at ?? ''} ${plain(message)}`);
    parts.push(['Recent failures:', ...shown].join('\n'));
  }
  return `${parts.join('\n\n')}\n`;
}

function nodeLine(node: NonNullable<DaemonStatus['node']>, isHead: boolean): string {
  const { workers = 0, leases = 0, warm = 0, spare = 0, headConnected } = node;
  const away = !isHead && headConnected === false ? '; its head cannot be reached, and is tried again' : '';
  return `Workers here: ${workers} processes, ${leases} leased, ${warm} warm, ${spare} spare${away}`;
}

/** The nodes alone. */
export function nodesReport({ daemon, head }: DaemonStatus, styled: boolean): string {
  if (head?.nodes !== undefined) return nodesTable(head.nodes, styled);
  return `The daemon at ${daemon.url} knows no nodes: ask the head`;
}

const nodeColumns: TextColumn[] = [
  { heading: 'node', align: 'left' },
  { heading: 'address', align: 'left' },
  { heading: 'leases', align: 'right' },
  { heading: 'has', align: 'left' },
  { heading: 'load', align: 'right' },
  { heading: 'memory', align: 'right' },
  { heading: 'labels', align: 'left' },
];

function nodesTable(nodes: NonNullable<Head['nodes']>, styled: boolean): string {
  if (nodes.length === 0) return 'No nodes';
  const rows = nodes.map((node) => [
    `${plain(node.node)}${node.isHead ? ' (head)' : ''}`,
    plain(node.address ?? '-'),
    String(node.leases ?? '-'),
    namesAndValues(node.resources ?? {}, ([name, amount]) => `${amount} ${name}`),
    node.load ? `${Math.round(node.load.cpu * 100)} %` : '-',
    node.load ? `${formatBytes(node.load.memoryUsedBytes)} of ${formatBytes(node.load.memoryBytes)}` : '-',
    namesAndValues(node.labels ?? {}, (label) => label.join('=')),
  ]);
  return textTable(nodeColumns, rows, styled);
}

const sessionColumns: TextColumn[] = [
  { heading: 'session', align: 'left' },
  { heading: 'name', align: 'left' },
  { heading: 'since', align: 'left' },
  { heading: 'leases', align: 'right' },
];

function sessionsTable(sessions: NonNullable<Head['sessions']>, styled: boolean): string {
  if (sessions.length === 0) return 'No sessions';
  const rows = sessions.map(({ session, name, since, leases }) => [
    plain(session).slice(0, 8),
    plain(name ?? '-'),
    plain(since ?? '-'),
    String(leases ?? '-'),
  ]);
  return textTable(sessionColumns, rows, styled);
}

const actorColumns: TextColumn[] = [
  { heading: 'actor', align: 'left' },
  { heading: 'session', align: 'left' },
];

function actorsTable(actors: NonNullable<Head['actors']>, styled: boolean): string {
  const rows = actors.map(({ name, session }) => [plain(name), plain(session).slice(0, 8)]);
  return textTable(actorColumns, rows, styled);
}

function namesAndValues<T>(named: Readonly<Record<string, T>>, shown: (entry: [string, T]) => string): string {
  return plain(Object.entries(named).map(shown).join(', '));
}

/** Names come from other programs: none of them moves the cursor or breaks a line. */
function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}/gu, ' ');
}

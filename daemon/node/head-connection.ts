// How a node speaks with its head: over a network, or in one process for the head's own node.
//
// Invariants:
//   J1. `onOpen` comes before the first message of a connection, `onClose` after its last. A message that is sent while
//       there is no connection is dropped: whoever sends says anew at `onOpen` what still holds.

import type { HeadToNode, NodeToHead } from '../../sdk/internal.ts';

/** The node's end. The node sets what is called, and then starts it. */
export interface HeadConnection {
  onOpen: () => void;
  onMessage: (message: HeadToNode) => void;
  onClose: () => void;
  start(): void;
  send(message: NodeToHead): void;
  close(): Promise<void>;
}

/** The head's end, when both are in one process. */
export interface LocalNodeConnection {
  onMessage: (message: NodeToHead) => void;
  onClose: () => void;
  send(message: HeadToNode): void;
  close(): void;
}

/** Two ends of one connection inside a process. The node's `start` opens it. */
export function connectInProcess(): { node: HeadConnection; head: LocalNodeConnection } {
  let state: 'new' | 'open' | 'closed' = 'new';
  // Nobody is called back while it is calling, as it would be over a network.
  const later = (deliver: () => void): void => {
    if (state === 'open') setImmediate(deliver);
  };
  const close = (): void => {
    if (state === 'open') {
      setImmediate(() => {
        node.onClose();
        head.onClose();
      });
    }
    state = 'closed';
  };
  const node: HeadConnection = {
    onOpen: () => {},
    onMessage: () => {},
    onClose: () => {},
    start: () => {
      if (state !== 'new') return;
      state = 'open';
      later(() => node.onOpen());
    },
    send: (message) => later(() => head.onMessage(message)),
    close: async () => close(),
  };
  const head: LocalNodeConnection = {
    onMessage: () => {},
    onClose: () => {},
    send: (message) => later(() => node.onMessage(message)),
    close,
  };
  return { node, head };
}

// Tells when a task has begun, even one that never yields: what it posts to a BroadcastChannel leaves its thread at once.

import { once } from 'node:events';

let channels = 0;

/** A word to hand to a task, which posts to the BroadcastChannel of that name, and a promise of the first post. */
export function watchBegin(): { word: string; begun: Promise<void> } {
  const word = `gridbook-begun-${process.pid}-${++channels}`;
  const channel = new BroadcastChannel(word);
  const begun = once(channel, 'message').then(() => channel.close());
  return { word, begun };
}

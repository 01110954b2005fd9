// Paths as a person types them: `~` is the home directory also where no shell has seen to it, as in `--store=~/runs.sqlite`.

import { homedir } from 'node:os';

/** A path with its `~` replaced. */
export function homePath(text: string): string {
  return text.replace(/^~(?=\/|$)/, () => homedir());
}

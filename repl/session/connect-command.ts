// `.connect`: another cluster, or other workers, for the cells that follow.

import { parseWholeNumber } from '../numbers.ts';
import type { SessionCommand } from './command.ts';

export const connectCommand: SessionCommand = {
  name: 'connect',
  usage: '[address] [workers]',
  help: 'Takes workers from a head, or threads of this process: embedded. What was made on the session before ends with it',
  takes: ['embedded', 'auto'],
  async run(args, shell) {
    const words = args.split(/\s+/).filter((word) => word !== '');
    const count = words.find((word) => /^\d/.test(word));
    const address = words.find((word) => word !== count);
    const workers = count === undefined ? {} : { workers: parseWholeNumber(count) };
    const about = await shell.connect({ ...(address === undefined ? {} : { address }), ...workers });
    shell.note(`session: ${about}`);
  },
};

// `.connect`: another cluster, or other workers, for the cells that follow.

import { InvalidArgumentError } from '../../sdk/index.ts';
import type { SessionCommand } from './command.ts';

export const connectCommand: SessionCommand = {
  name: 'connect',
  usage: '[address] [workers]',
  help: 'Takes workers from a head, or threads of this process: embedded. What was made on the session before ends with it',
  takes: ['embedded', 'auto'],
  async run(args, shell, signal) {
    const words = args.split(/\s+/).filter((word) => word !== '');
    const isCount = (word: string): boolean => /^\d[\d_]*$/.test(word);
    const [addresses, counts] = [words.filter((word) => !isCount(word)), words.filter(isCount)];
    if (addresses.length > 1 || counts.length > 1) {
      throw new InvalidArgumentError('.connect takes one address and one number of workers: .connect auto 4');
    }
    const [address] = addresses;
    const workers = counts.map((count) => Number(count.replaceAll('_', '')))[0];
    const about = await shell.connect({ address, workers }, signal);
    shell.note(`session: ${about}`);
  },
};

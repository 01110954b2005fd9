// `.reset`: forgets what cells have defined.

import type { SessionCommand } from './command.ts';

export const resetCommand: SessionCommand = {
  name: 'reset',
  usage: '',
  help: 'Forgets what cells have defined, and begins at In [1]; the session stays',
  async run(_args, shell) {
    shell.reset();
    await shell.cells.release();
    shell.note('All that cells have defined is forgotten.');
  },
};

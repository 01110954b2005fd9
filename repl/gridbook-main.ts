#!/usr/bin/env node
// Entry of the `gridbook` command. Imports nothing before it has seen that this Node can run the rest.

const nodeMajorLeast = 24;
const { node } = process.versions;

if (Number(node.split('.')[0]) < nodeMajorLeast) {
  process.stderr.write(`gridbook needs Node ${nodeMajorLeast} or newer, but this is Node ${node}\n`);
  process.exitCode = 1;
} else {
  // Whoever reads the output may stop, as `head` does, and a terminal may be closed: then there is nobody left to write for.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    process.exit();
  });
  if (['repl', 'start', 'stop', 'status', undefined].includes(process.argv[2])) await cacheCode();
  const { runCommandLine } = await import('./command-line.ts');
  process.exitCode = await runCommandLine(process.argv.slice(2));
}

/**
 * Keeps compiled code for the next start: the prompt is there three times as soon, and what a daemon says twice. Only in a
 * directory that is the user's alone: whoever can write there could have their code run.
 */
async function cacheCode(): Promise<void> {
  const [{ existsSync, mkdirSync, statSync }, { enableCompileCache }, { homedir }] = await Promise.all([
    import('node:fs'),
    import('node:module'),
    import('node:os'),
  ]);
  // Not `recursive`: under /proc Node would try for ever.
  const make = (path: string): void => {
    if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
  };
  try {
    const home = process.env['GRIDBOOK_HOME'] || `${homedir()}/.gridbook`;
    make(home);
    const { uid, mode } = statSync(home);
    if (process.platform !== 'win32' && (uid !== process.getuid?.() || (mode & 0o077) !== 0)) return;
    make(`${home}/compiled`);
    enableCompileCache(`${home}/compiled`);
  } catch {
    // Without it the prompt comes a little later.
  }
}

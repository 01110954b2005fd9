#!/usr/bin/env node
// Entry of the `gridbook` command. Imports nothing before it has seen that this Node can run the rest.

const nodeMajorLeast = 24;
const { node } = process.versions;

if (Number(node.split('.')[0]) < nodeMajorLeast) {
  process.stderr.write(`gridbook needs Node ${nodeMajorLeast} or newer, but this is Node ${node}\n`);
  process.exitCode = 1;
} else {
  // Whoever reads the output may stop, as `head` does: then there is nobody left to write for.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  const { runCommandLine } = await import('./command-line.ts');
  process.exitCode = await runCommandLine(process.argv.slice(2));
}

// A prompt in a real terminal, as most tests of it begin.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryHome } from '../helpers/daemon-home.ts';
import { type TerminalOptions, TestTerminal } from '../helpers/terminal.ts';

/** A folder with some files, by their names. */
export function folderOf(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'gridbook-cells-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** A prompt with two workers, at its first cell. */
export async function opened(t: TestContext, options: TerminalOptions = {}): Promise<TestTerminal> {
  temporaryHome(t);
  const terminal = TestTerminal.open(t, ['repl', '--workers', '2'], options);
  await terminal.prompt(1);
  return terminal;
}

// How wide what commands print may be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { terminalWidth } from '../../repl/terminal-width.ts';

test('terminalWidth() is that of the terminal, never less than a table needs, and nothing where there is none', () => {
  assert.equal(terminalWidth({ isTTY: true, columns: 132 }), 132);
  assert.equal(terminalWidth({ isTTY: true, columns: 7 }), 20);
  assert.equal(terminalWidth({ isTTY: true, columns: 0 }), 80); // one that nobody looks at
  assert.equal(terminalWidth({ isTTY: false, columns: 50 }), undefined);
});

// The prompt on a cluster: what tasks print there, and a head that dies and comes back.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ProcessCluster } from '../helpers/cluster-process.ts';
import { TestTerminal } from '../helpers/terminal.ts';

describe('gridbook repl on a cluster', () => {
  let cluster: ProcessCluster;
  before(async () => {
    cluster = await ProcessCluster.open([2]);
  });
  after(() => cluster.close());

  test('shows what tasks print, and says when the head goes and is back', async (t) => {
    const terminal = TestTerminal.open(t, ['repl'], {
      env: { GRIDBOOK_HOME: cluster.home, GRIDBOOK_ADDRESS: cluster.join },
    });
    await terminal.prompt(1);
    terminal.enter('await session.remote(() => { console.log("printed far away"); return 6 })()');
    assert.match(await terminal.prompt(2), /│ printed far away\nOut\[1\]: 6/);
    terminal.enter('.status');
    await terminal.until(/Head at http[\s\S]*In \[2\]: *$/);
    terminal.enter('.nodes');
    await terminal.until(/(node +address[\s\S]*){2}In \[2\]: *$/);
    terminal.type('1 + 1');
    const { head } = cluster;
    await cluster.kill(head);
    // Its node has the worker that is leased, which is told of before or after it.
    await terminal.until(/cannot be reached\. What runs goes on; it is tried again\n[\s\S]*In \[2\]: 1 \+ 1$/);
    await cluster.startHead(head.options.port === undefined ? { cpus: 2, port: head.port } : head.options);
    await terminal.until(/The head at \S+ is back\n[\s\S]*In \[2\]: 1 \+ 1$/);
    terminal.enter('');
    await terminal.prompt(3);
    terminal.enter('await session.remote(() => 7)()');
    assert.match(await terminal.prompt(4), /Out\[3\]: 7/);
  });
});

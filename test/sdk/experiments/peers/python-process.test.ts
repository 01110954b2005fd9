// A Python program that is asked by lines, when it does not end as it should.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PythonProcess, programsFolder } from '../../../../sdk/experiments/peers/python-process.ts';
import { pretendPython } from './pretend-python.ts';

test('a program that does not end when its input has is ended by force', async () => {
  using python = pretendPython('hangs when asked to end');
  const started = await PythonProcess.start(`${programsFolder}numpy_markov.py`, { python: python.path, endMsMax: 50 });
  assert.ok('process' in started);
  await started.process.close();
  await assert.rejects(started.process.ask({}), /^Error: .*python ended with SIGKILL$/);
});

// What was asked for last, as the defaults of the next time.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { recallPlan, rememberPlan } from '../../../repl/session/plan-memory.ts';
import { temporaryHome } from '../../helpers/daemon-home.ts';

const first = { matrixSize: '10', totalCount: '1e6', pcNum: '1..1e4:log', workers: '2', repeats: '3' };

describe('recallPlan()', () => {
  test('gives what was asked for last', async (t) => {
    temporaryHome(t);
    assert.deepEqual(await recallPlan(first), first);
    const asked = { ...first, matrixSize: '4,8', repeats: '5' };
    await rememberPlan(asked);
    assert.deepEqual(await recallPlan(first), asked);
  });

  test('leaves out what could not be answered', async (t) => {
    const home = temporaryHome(t);
    const kept = { matrixSize: '12', totalCount: 'many', pcNum: 5, workers: '0', repeats: '1,2', more: '1' };
    writeFileSync(join(home, 'explored.json'), JSON.stringify(kept));
    assert.deepEqual(await recallPlan(first), { ...first, matrixSize: '12' });
    writeFileSync(join(home, 'explored.json'), '{"matrixSize":');
    assert.deepEqual(await recallPlan(first), first);
  });
});

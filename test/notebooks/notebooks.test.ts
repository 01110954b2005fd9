// Notebooks as their readers have them: the packed package, the real kernel, the real Jupyter.

import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertWithin, timeOf } from '../helpers/bar.ts';
import { ProcessCluster } from '../helpers/cluster-process.ts';
import { temporaryHome } from '../helpers/daemon-home.ts';
import { chromiumVisit, type LabVisit } from './browser-visit.ts';
import { expectedOutputs } from './expected-outputs.ts';
import { needsBrowser, needsJupyter } from './jupyter.ts';
import { type CellRun, Kernels } from './kernels.ts';
import { makeNotebookProject, type NotebookProject, runNotebookCommand } from './notebook-project.ts';
import { savedResults, saveSession, typedCells } from './saved-session.ts';
import { cellsOf, errorsIn, joined, type NotebookCell, shrink } from './shrunken-notebook.ts';

const vegaLite = 'application/vnd.vegalite.v5+json';
const folder = fileURLToPath(new URL('../../notebooks', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.ipynb'));

/** What a notebook's cells showed, by what it is. */
function shownBy(cells: readonly NotebookCell[]): { errors: string[]; plots: Readonly<Record<string, unknown>>[] } {
  const outputs = cells.flatMap((cell) => cell.outputs ?? []);
  const errors = errorsIn(cells);
  const plots = outputs.flatMap(({ data }) => (data !== undefined && vegaLite in data ? [data] : []));
  return { errors, plots };
}

/** What cells showed in the form that every viewer has, in their order. */
function textOf(cells: readonly NotebookCell[]): string {
  const outputs = cells.flatMap((cell) => cell.outputs ?? []);
  return outputs.map(({ text, data }) => joined(text) || `${joined(data?.['text/plain'] as string)}\n`).join('');
}

/** A notebook without errors that found what it finds everywhere, whose plots are Vega-Lite with data, SVG and text. */
function checkOutputs(name: string, cells: readonly NotebookCell[]): void {
  const expected = expectedOutputs[name.slice(0, 2)];
  const { errors, plots } = shownBy(cells);
  assert.deepEqual(errors, []);
  let left = textOf(cells);
  for (const text of expected?.texts ?? []) {
    const found = text.exec(left);
    assert.ok(found, `${name} does not show ${text} in\n${left}`);
    left = left.slice(found.index + found[0].length);
  }
  assert.equal(plots.length, expected?.plots);
  for (const plot of plots) {
    assert.match(joined(plot['image/svg+xml'] as string), /^<svg [\s\S]*<\/svg>\s*$/);
    assert.match(joined(plot['text/plain'] as string), /pc_num|task/);
    assert.match(JSON.stringify(plot[vegaLite]), /"\$schema":"https:\/\/vega.github.io\/schema\/vega-lite\/v5.json"/);
  }
}

describe('the notebooks in the repository', () => {
  test('are seven, numbered, each with prose, and with the outputs of a whole run', () => {
    assert.deepEqual(names.map((name) => name.slice(0, 2)).sort(), ['01', '02', '03', '04', '05', '06', '07']);
    for (const name of names) {
      const cells = cellsOf(join(folder, name));
      assert.ok(cells.filter(({ cell_type }) => cell_type === 'markdown').length >= 4, name);
      assert.ok(
        cells.some(({ outputs = [] }) => outputs.length > 0),
        name,
      );
      checkOutputs(name, cells);
    }
  });
});

describe('in Jupyter', needsJupyter(), () => {
  let project: NotebookProject;
  let kernels: Kernels;

  before(async () => {
    project = await makeNotebookProject();
    kernels = new Kernels(project.env);
  });
  after(async () => {
    await kernels?.[Symbol.asyncDispose]();
    project?.[Symbol.dispose]();
  });

  test('gridbook notebook puts kernel and notebooks in place, and overwrites nothing', async () => {
    for (const name of names) assert.ok(existsSync(join(project.path, name)), name);
    assert.match(project.said, /Kernel "TypeScript \(Gridbook\)" in .*jupyter-data/);
    const spec = join(project.env['JUPYTER_DATA_DIR'] ?? '', 'kernels/tslab/kernel.json');
    assert.equal(JSON.parse(readFileSync(spec, 'utf8')).argv[0], process.execPath);
    const mine = join(project.path, '01-first-tasks.ipynb');
    const before = readFileSync(mine, 'utf8');
    writeFileSync(mine, `${before}\n`);
    writeFileSync(spec, '{"argv": ["tslab", "kernel"]}');
    const said = await runNotebookCommand(project.path, project.env);
    assert.match(said, /Left as they are in .*01-first-tasks.ipynb/);
    assert.match(said, /the one that was there is now .*kernel.json.before/);
    assert.equal(readFileSync(mine, 'utf8'), `${before}\n`);
  });

  test('gridbook notebook says what installs a Jupyter that is not there, in one line', async () => {
    const run = runNotebookCommand(project.path, project.env, '--jupyter', 'no-such-jupyter');
    await assert.rejects(run, ({ code, stdout }: { code?: number; stdout?: string }) => {
      assert.equal(code, 1);
      assert.match(stdout ?? '', /^gridbook: There is no no-such-jupyter here.*pip install jupyterlab.*\n$/);
      return true;
    });
  });

  // Two at a time: what they measure is not looked at.
  describe('a notebook', { concurrency: 2 }, () => {
    const started: Kernels[] = [];
    const idle: Kernels[] = [];
    const start = (): Kernels => {
      const own = new Kernels(project.env);
      started.push(own);
      return own;
    };
    after(() => Promise.all(started.map((each) => each[Symbol.asyncDispose]())));

    for (const name of names) {
      test(`${name} runs without an error, and shows what it finds`, async (t) => {
        const own = idle.pop() ?? start();
        const path = join(project.path, `run-${name}`);
        cpSync(join(folder, name), path);
        shrink(path);
        const { seconds } = await own.execute(path);
        idle.push(own);
        t.diagnostic(`${seconds.toFixed(1)} s`);
        checkOutputs(name, cellsOf(path));
      });
    }
  });

  test('a session of the prompt, saved as a notebook, runs as it is', async (t) => {
    temporaryHome(t);
    const path = join(project.path, 'saved.ipynb');
    await saveSession(t, typedCells, path);
    await kernels.execute(path);
    const { errors, plots } = shownBy(cellsOf(path));
    assert.deepEqual(errors, []);
    assert.equal(plots.length, 2);
    const shown = cellsOf(path).flatMap(({ source, outputs = [] }) => {
      const text = outputs
        .map((output) => joined(output.text) || joined(output.data?.['text/plain'] as string))
        .join('');
      return text === '' ? [] : [[joined(source).trim().split('\n').at(-1), text.trim()] as const];
    });
    const textAfter = (line: string): string => shown.find(([last]) => last === line)?.[1] ?? 'nothing';
    for (const [line, text] of Object.entries(savedResults)) assert.match(textAfter(line), text, line);
  });

  describe('a kernel', () => {
    let cluster: ProcessCluster;
    let firstCell: CellRun;
    const printedBy = ({ outputs }: CellRun): string =>
      outputs.map(({ content }) => joined(content['text'] as string)).join('');

    before(async () => {
      cluster = await ProcessCluster.open([2]);
      await kernels.start(project.path);
      firstCell = await kernels.run(open());
    });
    after(async () => {
      try {
        await kernels.stop();
      } finally {
        await cluster.close();
      }
    });

    const open = (): string =>
      `import { connect, sweep, workloads } from 'gridbook';\nimport { live } from 'gridbook/notebook';\n` +
      `const session = await connect({ address: ${JSON.stringify(cluster.join)} });\n` +
      'console.log(await session.remote((x: number) => x + 1)(41));';
    const longSweep =
      "await sweep(session, workloads.markov, { matrixSize: 10, totalCount: 50_000_000, pcNum: '1000..2000:1000' }, { baseline: false, ...live() });";

    test('has a session in its first cell within 3 s', () => {
      let earlier: CellRun | undefined = firstCell;
      const runAnew = async (): Promise<CellRun> => {
        await kernels.restart();
        await kernels.connect();
        return kernels.run(open());
      };
      return assertWithin(3000, 'to have a session in the first cell', async () => {
        const run = earlier ?? (await runAnew());
        earlier = undefined;
        assert.match(printedBy(run), /42/);
        return run.seconds * 1000;
      });
    });

    test('takes names of other cells along, under every form in which cells use them', async () => {
      await kernels.run('const factor = 3; const triple = (x: number) => x * factor;');
      const run = await kernels.run(
        'const both = { factor, triple };\nconst f = session.remote((x: number) => triple(x) + factor);\n' +
          'console.log(both.factor, await f(5));',
      );
      assert.equal(printedBy(run), '3 18\n');
      await kernels.run('const factor = 10;');
      assert.equal(
        printedBy(await kernels.run('console.log(await session.remote((x: number) => x * factor)(2));')),
        '20\n',
      );
      const shipped = await kernels.run('session.remote(() => exports)');
      assert.match(printedBy(shipped), /exports/);
      assert.equal(shipped.status, 'error');
    });

    test('shows a session as a card with its head and the nodes, also of a cluster of which this user has no files', async () => {
      const card = printedBy(await kernels.run('session'));
      assert.match(card, /^Session: 2 workers, head at http:\S+\nnode +address +workers .*\n\S+ \(head\) +\S+ +2 .*$/);
    });

    test('shows what tasks print under their cell, and errors with the lines of the user alone', async () => {
      const printed = await kernels.run("await session.remote(() => { console.log('from a task'); })();");
      assert.match(printedBy(printed), /^\S+-w\d │ from a task\n$/);
      const failed = await kernels.run("await session.remote(() => { throw new RangeError('on purpose'); })();");
      assert.equal(failed.status, 'error');
      assert.match(printedBy(failed), /RangeError: on purpose/);
      assert.doesNotMatch(printedBy(failed), /node:internal|tslab.dist/);
    });

    test('that is interrupted in a sweep frees the cluster within a second, and goes on', () =>
      assertWithin(1000, 'to free what an interrupted cell held', async () => {
        await kernels.begin(longSweep, 'runs');
        const freedMs = await timeOf(async () => {
          await kernels.interrupt();
          // Leases linger with the session; only when no work is left there is room for a task that takes both.
          const run = await kernels.run(
            "console.log(await session.remote(() => 'both', { resources: { cpus: 2 } })());",
          );
          assert.match(printedBy(run), /both\n$/);
        });
        const { texts } = await kernels.begunShows();
        const [bar = ''] = texts.filter((text) => text.includes('runs'));
        assert.match(bar, / \d+ of \d+ runs .*0 workers busy .* interrupted$/);
        assert.doesNotMatch(bar, /left|now /);
        return freedMs;
      }));

    test('that is restarted in a sweep leaves nothing on the cluster after a second', () =>
      assertWithin(1000, 'to free what a restarted kernel held', async () => {
        await kernels.begin(longSweep, 'runs');
        const restarted = kernels.restart();
        const freedMs = await timeOf(() => cluster.untilFree());
        await restarted;
        await kernels.connect();
        assert.match(printedBy(await kernels.run(open())), /42/);
        return freedMs;
      }));
  });

  describe('in JupyterLab in a browser', needsBrowser(), () => {
    let visit: LabVisit;
    before(async () => {
      const path = join(project.path, 'lab-03.ipynb');
      cpSync(join(folder, '03-what-splitting-costs.ipynb'), path);
      shrink(path);
      visit = await chromiumVisit(project, 'lab-03.ipynb');
    });
    after(() => visit?.close());

    test('03 runs whole: the bar moves, the plots are drawn, nothing fails', async () => {
      const { shares, plots, errors } = await visit.runAll();
      assert.ok(new Set(shares).size >= 3, `the bar stood at ${shares.join(', ')}`);
      assert.deepEqual(
        shares.toSorted((a, b) => a - b),
        shares,
      );
      assert.equal(shares.at(-1), 1);
      assert.ok(plots >= 3, `${plots} plots`);
      assert.deepEqual(errors, []);
    });
  });
});

// What is in scope at the start, beside `session`, `plot` and `help`: what a person explores with.

import * as gridbook from '../../sdk/index.ts';

/** A line for each name, as `help()` shows them. */
export const scopeLines: readonly (readonly [name: string, line: string])[] = [
  ['session', 'where tasks run: session.remote(fn), map, reduce, actor, put, timings()'],
  [
    'markov',
    'the limiting distribution of a matrix: await markov(session, { matrixSize: 10, totalCount: 1e6, pcNum: 10 })',
  ],
  ['sweep', "measures over a grid: await sweep(session, workloads.markov, { pcNum: '1..1e4:log' })"],
  ['workloads', 'what can be swept: workloads.markov, noop, spin, matmul, pi; defineWorkload makes your own'],
  ['compareWith', "measures others beside: await compareWith(session, { totalCount: 1e6 }, { peers: ['numpy'] })"],
  ['plot', "plot(experiment, 'time') draws one of its plots; plot([a, b], 'time') draws both in one"],
  ['table', 'table(experiment) lays its points out; table([{ … }, { … }]) any rows'],
  ['connect', 'another session beside this one; .connect changes this one'],
  ['help', 'help() this list; help(markov), or markov?, what it is and takes'],
  ['_, Out[n], In[n]', 'the last result, the result and the text of cell n'],
];

/** What is said of the prompt's own functions, which no declaration tells of. */
export const ownDocs: Readonly<Record<string, string>> = {
  plot: `plot(experiment: Experiment | Experiment[], kind = 'time')
Draws a plot of an experiment; of several in one when they are given as a list.

kind is one of ${gridbook.plotKinds.join(', ')}.
plot(experiment, 'speedup')`,
  table: `table(what: Experiment | object[])
Lays out the points of an experiment, or any rows: a column for each name in them.

table([{ n: 1, ms: 5 }, { n: 2, ms: 9 }])`,
  help: `help(...things)
Tells what is in scope, or what things are: their signature and documentation, or their source.

help(markov) says the same as markov?`,
};

/** The values of the names. */
export function ofScope(): Record<string, unknown> {
  const { markov, baseline, compareWith, sweep, workloads, connect, currentSession, defineWorkload, ObjectRef } =
    gridbook;
  return { markov, baseline, compareWith, sweep, workloads, connect, currentSession, defineWorkload, ObjectRef };
}

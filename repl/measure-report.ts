// What `gridbook run` and `gridbook sweep` print: the table, what the runs found, and for a sweep its plots and models.

import type { Experiment } from '../sdk/index.ts';
import type { MeasureRequest } from './measure-options.ts';
import { terminalWidth } from './terminal-width.ts';

/** Width where the output is no terminal: nothing is left out. */
const plotWidthDefault = 100;

/** The whole text. @param stream - where it goes: says the width, and whether it is a terminal. */
export function measureReport(experiment: Experiment, { kind }: MeasureRequest, stream: NodeJS.WriteStream): string {
  const styled = stream.isTTY;
  const width = terminalWidth(stream);
  const plot =
    kind === 'sweep' ? experiment.plot('time').toText({ width: width ?? plotWidthDefault, colour: styled }) : '';
  return [experiment.table({ width, styled }), ...(plot === '' ? [] : ['', plot])].join('\n').concat('\n');
}

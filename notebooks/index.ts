/**
 * What `import … from 'gridbook/notebook'` gives: experiments, plots, sessions and progress shown in cells of Jupyter.
 *
 * @module gridbook/notebook
 */

import { attachToKernel } from './attach.ts';

export { type Displayable, type DisplayOptions, type DisplayPlace, display, displayPlace } from './display.ts';
export { type LiveOptions, type LiveSweepOptions, live } from './live.ts';
export { progressBar } from './progress.ts';
export type { ProgressBarOptions } from './progress-bar.ts';
export type { AnyProgress } from './progress-text.ts';
export type { CellValue } from './rows-table.ts';

attachToKernel();

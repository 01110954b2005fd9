// Makes a kernel of tslab one in which the SDK works as in a script.
//
// Owns: what is put around the kernel's own functions, once. Does not own: what is done there (kernel-cells.ts,
//   running-cell.ts).
// Callers: index.ts, when it is loaded in a kernel.
//
// Invariants:
//   A1. A restart closes the sessions, so that a cluster has their workers back, and ends the process whether they close
//       in time or not.

import vm from 'node:vm';
import { closeSessionsOfCells, setCellHost } from 'gridbook';
import { CompiledCell } from './compiled-cell.ts';
import { KernelCells } from './kernel-cells.ts';
import { showLastValue } from './last-value.ts';
import { RunningCell } from './running-cell.ts';
import { trimStack } from './trimmed-stack.ts';
import { findTslab, type TslabJupyter } from './tslab.ts';

/** What is not closed by then ends with the process. */
const closeTimeoutMs = 500;

const attached = Symbol.for('gridbook.notebook.attached');

/** Attaches to the kernel of this process; does nothing where there is none. */
export function attachToKernel(): void {
  const tslab = findTslab();
  if (tslab === undefined || attached in globalThis) return;
  Object.defineProperty(globalThis, attached, { value: true });
  const cells = new KernelCells();
  setCellHost(cells);
  const state: KernelState = { cells, executions: 0, typed: '', current: undefined };
  aroundCells(tslab, state);
  aroundTexts(state);
  process.on('SIGINT', () => state.current?.interrupt());
  const { prototype } = tslab.ZmqServer;
  const { close } = prototype;
  prototype.close = function closeAndExit(this: unknown): void {
    Reflect.apply(close, this, []);
    const timeout = setTimeout(() => process.exit(0), closeTimeoutMs); // A1
    void closeSessionsOfCells().finally(() => {
      clearTimeout(timeout);
      process.exit(0);
    });
  };
}

interface KernelState {
  readonly cells: KernelCells;
  executions: number;
  /** The cell that runs, as it was typed. */
  typed: string;
  current: RunningCell | undefined;
}

function aroundCells({ JupyterHandlerImpl: { prototype } }: TslabJupyter, state: KernelState): void {
  const { handleExecuteImpl } = prototype;
  prototype.handleExecuteImpl = async function executeAsCell(this: unknown, request, write, display) {
    const counted: unknown = Reflect.get(Object(this), 'execCount');
    state.executions = typeof counted === 'number' ? counted + 1 : state.executions + 1;
    const cell = new RunningCell(state.executions, write, display);
    state.typed = request.code;
    state.current = cell;
    try {
      return await cell.run(() => Reflect.apply(handleExecuteImpl, this, [request, write, display]));
    } finally {
      state.current = undefined;
    }
  };
}

/** The kernel runs each cell as a script. */
function aroundTexts(state: KernelState): void {
  const { runInThisContext } = vm;
  vm.runInThisContext = (text, options) => {
    if (!CompiledCell.isCell(text)) return Reflect.apply(runInThisContext, vm, [text, options]);
    state.cells.add(new CompiledCell(state.executions, state.typed, text));
    const given = typeof options === 'object' ? options : {};
    try {
      const result: unknown = runInThisContext(text, { ...given, filename: `In[${state.executions}]` });
      const { current } = state;
      const onEnd = (): void => current && showLastValue(current, text);
      if (!(result instanceof Promise)) onEnd();
      return result instanceof Promise
        ? result.then(onEnd, (error: unknown) => Promise.reject(trimStack(error)))
        : result;
    } catch (error) {
      if (isInterruption(error)) state.current?.interrupt(); // the signal ended the script instead of being told
      throw trimStack(error);
    }
  };
}

function isInterruption(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED';
}

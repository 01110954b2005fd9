// Stacks of errors end where a cell does: what runs cells is nothing to the user, who prints an error that was caught.

const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const runner = new URL(`./cell-runner${suffix}`, import.meta.url).href;

/** @param isOfCell - whether a stack's name of a file is that of a cell. */
export function endStacksAtCells(isOfCell: (file: string) => boolean): void {
  Error.prepareStackTrace = (error, frames) => {
    const last = frames.findLastIndex((frame) => isOfCell(frame.getFileName() ?? ''));
    const below = frames[last + 1];
    // What calls the cell as a whole stands in its text, after its last line.
    const isCall = below?.isAsync() === false && ['node:vm', runner].includes(below.getFileName() ?? '');
    const end = last < 0 ? frames.length : isCall ? last : last + 1;
    return [headOf(error), ...frames.slice(0, end)].join('\n    at ');
  };
}

function headOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return 'Error'; // its name or message cannot be read
  }
}

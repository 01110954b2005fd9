// Errors as the user sees them: what went wrong, and where in the user's own lines.
//
// Owns: which frames of a stack are the user's. Does not own: the texts of cells, which it asks for.

import { inspect } from 'node:util';
import { isInterruption } from './cell-runner.ts';
import { type Look, styled } from './look.ts';

const causesMax = 5;
const framesMax = 8;

/** Rooms of this package: their frames are not the user's. */
const ownUrls = ['sdk/', 'daemon/', 'repl/'].map((room) => new URL(`../../${room}`, import.meta.url).href);

/** The lines of a cell by the name that stacks give it; undefined when it is no cell. */
export type LinesOf = (file: string) => readonly string[] | undefined;

/** Shows what was thrown. */
export function showError(thrown: unknown, look: Look, linesOf: LinesOf): string {
  if (!(thrown instanceof Error)) {
    return `${styled(look, 'red', 'Thrown:')} ${inspect(thrown, { colors: look.colors, breakLength: look.width })}`;
  }
  const parts: string[] = [];
  let error: unknown = thrown;
  const seen = new Set<unknown>();
  for (let depth = 0; error instanceof Error && depth < causesMax && !seen.has(error); depth++) {
    seen.add(error);
    parts.push(`${depth === 0 ? '' : 'Caused by '}${showOne(error, look, linesOf)}`);
    // A task's error says all that its cause says.
    error = error.name === 'TaskError' && isSaidBy(error) ? undefined : error.cause;
  }
  if (thrown instanceof AggregateError) {
    for (const one of thrown.errors.slice(0, causesMax)) parts.push(`  ${showError(one, look, linesOf)}`);
  }
  return parts.join('\n');
}

/** Its message; a task's error names the kind of what the task threw, too. */
function messageOf({ name, message, cause }: Error): string {
  const isKnown = name === 'TaskError' && cause instanceof Error && cause.message !== '' && cause.name !== 'Error';
  if (!isKnown || !message.endsWith(`: ${cause.message}`)) return message;
  return `${message.slice(0, -cause.message.length)}${cause.name}: ${cause.message}`;
}

function isSaidBy(error: Error): boolean {
  return error.cause instanceof Error && error.message.includes(error.cause.message);
}

function showOne(error: Error, look: Look, linesOf: LinesOf): string {
  // The interrupt key ends a cell, or a question.
  if (isInterruption(error) || error.name === 'ExitPromptError') return styled(look, 'yellow', 'Interrupted');
  const name = typeof error.name === 'string' && error.name !== '' ? error.name : 'Error';
  const message = messageOf(error);
  const head = `${styled(look, ['red', 'bold'], name)}${message === '' ? '' : `: ${message}`}`;
  const stack = typeof error.stack === 'string' ? error.stack : '';
  const place = error instanceof SyntaxError ? drawnPlace(stack) : [];
  const frames = stack.split('\n').filter((line) => isOfUser(line, linesOf));
  const shown = frames.slice(0, framesMax).map((line) => styled(look, 'dim', `    ${withoutColumn(line.trim())}`));
  if (frames.length > framesMax) shown.push(styled(look, 'dim', `    and ${frames.length - framesMax} more`));
  const excerpt = excerptOf(frames[0], linesOf);
  if (excerpt !== undefined) shown.splice(1, 0, excerpt);
  return [head, ...place, ...shown].join('\n');
}

/** Columns of cells are not those that were typed, for something is put before values. */
function withoutColumn(frame: string): string {
  return frame.replace(/(In\[\d+\]:\d+):\d+/, '$1');
}

/** The line with the error and its mark, as a parser drew them beside the message; with their file where it is one. */
function drawnPlace(stack: string): string[] {
  const lines = stack.split('\n').filter((line) => !/^\s+at |^\w*Error\b|^\s*$/.test(line));
  const [place = '', ...drawn] = lines;
  return /^(?:file:\/\/)?\/.*:\d+$/.test(place) ? [`${place.replace(/^file:\/\//, '')}:`, ...drawn] : lines;
}

function isOfUser(line: string, linesOf: LinesOf): boolean {
  if (!/^\s+at /.test(line)) return false;
  const [, cell, cellLine] = /(In\[\d+\]):(\d+)/.exec(line) ?? [];
  // What is put around a cell begins in the line after its last.
  if (cell !== undefined) return Number(cellLine) <= (linesOf(cell)?.length ?? Number.POSITIVE_INFINITY);
  const url = /(?:\(|at |async )((?:file:\/\/)?\/[^\s()]*):\d+:\d+\)?$/.exec(line)?.[1];
  if (url === undefined || url.includes('/node_modules/')) return false;
  return !ownUrls.some((own) => url.startsWith(own) || url.startsWith(own.replace('file://', '')));
}

/** The line of a cell that the first frame names. */
function excerptOf(frame: string | undefined, linesOf: LinesOf): string | undefined {
  const [, file = '', line = ''] = /(In\[\d+\]):(\d+)/.exec(frame ?? '') ?? [];
  const lines = linesOf(file);
  if (lines === undefined || lines.length < 2) return undefined; // a cell of one line is on the screen above
  const text = lines[Number(line) - 1]?.trim();
  return text === undefined || text === '' ? undefined : `        ${text}`;
}

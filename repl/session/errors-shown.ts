// Errors as the user sees them: what went wrong, and where in the user's own lines.
//
// Owns: which frames of a stack are the user's. Does not own: the texts of cells, which it asks for.

import { inspect } from 'node:util';
import { isLeft } from '../question.ts';
import { isInterruption } from './cell-runner.ts';
import { type Look, styled } from './look.ts';

const causesMax = 5;
const framesMax = 8;

/** Rooms of this package: their frames are not the user's. */
const ownUrls = ['sdk/', 'daemon/', 'repl/'].map((room) => new URL(`../../${room}`, import.meta.url).href);

/** The lines of cells by the name that stacks give them, with gaps where a file has none; undefined when there are no such cells. */
export type LinesOf = (file: string) => readonly (string | undefined)[] | undefined;

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
    // A task's error says all that its cause says, and so does a question that was left.
    error = isLeft(error) || (error.name === 'TaskError' && isSaidBy(error)) ? undefined : error.cause;
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
  if (isInterruption(error) || isLeft(error)) return styled(look, 'yellow', 'Interrupted');
  const name = typeof error.name === 'string' && error.name !== '' ? error.name : 'Error';
  const message = messageOf(error);
  const head = `${styled(look, ['red', 'bold'], name)}${message === '' ? '' : `: ${message}`}`;
  const stack = typeof error.stack === 'string' ? error.stack : '';
  const place = error instanceof SyntaxError ? drawnPlace(stack) : [];
  const frames = stack.split('\n').filter((line) => isOfUser(line, linesOf));
  const shown = frames.slice(0, framesMax).map((line) => styled(look, 'dim', shownFrame(line, linesOf)));
  if (frames.length > framesMax) shown.push(styled(look, 'dim', `    and ${frames.length - framesMax} more`));
  const excerpt = excerptOf(frames[0], linesOf);
  if (excerpt !== undefined) shown.splice(1, 0, excerpt);
  return [head, ...place, ...shown].join('\n');
}

/** Columns of cells are not those that were typed, for something is put before values. */
function shownFrame(frame: string, linesOf: LinesOf): string {
  const isOfCell = linesOf(placeOf(frame)?.file ?? '') !== undefined;
  return `    ${isOfCell ? frame.trim().replace(/(:\d+):\d+(\)?)$/, '$1$2') : frame.trim()}`;
}

/** Where a frame of a stack stands: a cell or a file, and a line of it, from 1. */
function placeOf(frame: string): { file: string; line: number } | undefined {
  const [, file, line] = /(?:\(|at |async )(In\[\d+\]|(?:file:\/\/)?\/[^\s()]*?):(\d+)(?::\d+)?\)?$/.exec(frame) ?? [];
  return file === undefined ? undefined : { file, line: Number(line) };
}

/** The line with the error and its mark, as a parser drew them beside the message; with their file where it is one. */
function drawnPlace(stack: string): string[] {
  const lines = stack.split('\n').filter((line) => !/^\s+at |^\w*Error\b|^\s*$/.test(line));
  const [place = '', ...drawn] = lines;
  return /^(?:file:\/\/)?\/.*:\d+$/.test(place) ? [`${place.replace(/^file:\/\//, '')}:`, ...drawn] : lines;
}

function isOfUser(frame: string, linesOf: LinesOf): boolean {
  const place = /^\s+at /.test(frame) ? placeOf(frame) : undefined;
  if (place === undefined) return false;
  const { file, line } = place;
  const lines = linesOf(file);
  // What is put around a cell begins in the line after its last.
  if (lines !== undefined) return lines[line - 1] !== undefined;
  if (file.includes('/node_modules/')) return false;
  return !ownUrls.some((own) => file.startsWith(own) || file.startsWith(own.replace('file://', '')));
}

/** The line of a cell that the first frame names. */
function excerptOf(frame: string | undefined, linesOf: LinesOf): string | undefined {
  const { file, line } = placeOf(frame ?? '') ?? { file: '', line: 0 };
  const lines = linesOf(file);
  if (lines === undefined || lines.length < 2) return undefined; // a cell of one line is on the screen above
  const text = lines[line - 1]?.trim();
  return text === undefined || text === '' ? undefined : `        ${text}`;
}

// What a line that was typed may be beside a cell: a question, or the wish to leave.

const path = String.raw`[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*|\[\d+\])*`;
const question = new RegExp(String.raw`^\s*(?:\?\??\s*(${path})|(${path})\s*\?\??)\s*$`);

/** The path of names that `thing?` or `?thing` asks for. */
export function askedFor(text: string): string | undefined {
  const [, after, before] = question.exec(text) ?? [];
  return after ?? before;
}

/** The name by which a line asks to leave, as other prompts know it. */
export function leavingBy(text: string): string | undefined {
  return /^\s*(exit|quit)\s*(?:\(\s*\))?\s*;?\s*$/.exec(text)?.[1];
}

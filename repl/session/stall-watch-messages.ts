// What the prompt and the thread that watches it say to each other.

/** How often the prompt counts while something runs. */
export const beatMs = 100;

/** From the prompt: something runs, or no longer. */
export type ToStallWatch = 'begin' | 'end';

/** To the prompt, when it can listen again. */
export type FromStallWatch =
  /** The interrupt key was typed, the so-manyth time; told again until it is heard. */
  | { readonly type: 'interrupted'; readonly count: number }
  /** Other keys that were typed meanwhile. */
  | { readonly type: 'keys'; readonly keys: Uint8Array };

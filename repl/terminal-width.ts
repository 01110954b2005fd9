// How wide what a command prints may be.

/** Nothing can be laid out in less. */
const columnsLeast = 20;
/** Where a terminal does not say how wide it is, as those that nobody looks at. */
const columnsDefault = 80;

/** The columns of a terminal; undefined where the output goes to none, and nothing need be left out. */
export function terminalWidth(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number | undefined {
  return stream.isTTY ? Math.max(columnsLeast, stream.columns || columnsDefault) : undefined;
}

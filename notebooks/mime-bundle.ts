// What is shown in a cell, in every form that a viewer may want: the richest that it knows is what it shows.

import type { Experiment, Plot } from 'gridbook';

/** Forms of one thing by their MIME types. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** The Vega-Lite that JupyterLab, VS Code and others have in common; what plots use of it is older. */
const vegaLite = {
  mimeType: 'application/vnd.vegalite.v5+json',
  schema: 'https://vega.github.io/schema/vega-lite/v5.json',
};
/** Texts that no axis has, which are black where the theme is dark, too. */
const vegaConfig = { text: { color: '#8c8c8c' } };
const textSize = { width: 100, height: 20 };

/** A plot: interactive where Vega-Lite is known, else a picture, else characters. */
export async function plotBundle(plot: Plot): Promise<MimeBundle> {
  return { ...sketchBundle(plot), 'image/svg+xml': await plot.toSVG() };
}

/** The same without the picture, which takes longest to make. */
export function sketchBundle(plot: Plot): MimeBundle {
  return {
    [vegaLite.mimeType]: { ...plot.toVegaLite(), $schema: vegaLite.schema, config: vegaConfig },
    'text/plain': plot.toText(textSize),
  };
}

/** An experiment's table, with what it says above and below. */
export function tableBundle(experiment: Experiment): MimeBundle {
  return { 'text/html': experiment.toTableHTML(), 'text/plain': experiment.table() };
}

/** Text as HTML shows it, inside elements and quoted attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

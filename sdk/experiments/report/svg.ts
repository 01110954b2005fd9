// Draws a Vega-Lite spec as SVG, without a browser. Loads vega and vega-lite when it is first needed: they are heavy.

import type { Config, TopLevelSpec } from 'vega-lite';
import type { PictureTheme } from './picture-theme.ts';

/**
 * Draws a spec.
 *
 * @returns one `svg` element.
 */
export async function svgOf(spec: TopLevelSpec, { ink, ground, font }: PictureTheme): Promise<string> {
  const [{ compile }, { parse, View, Warn }] = await Promise.all([import('vega-lite'), import('vega')]);
  const { spec: compiled } = compile({ ...spec, background: ground }, { config: configOf(ink, font) });
  const view = new View(parse(compiled), { renderer: 'none', logLevel: Warn });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

function configOf(ink: string, font: string): Config {
  return {
    font,
    view: { stroke: null },
    padding: 4,
    title: {
      color: ink,
      subtitleColor: ink,
      fontSize: 14,
      fontWeight: 600,
      subtitleFontSize: 11,
      subtitlePadding: 4,
      offset: 12,
    },
    axis: {
      labelColor: ink,
      titleColor: ink,
      labelFontSize: 11,
      titleFontSize: 11,
      titleFontWeight: 'normal',
      titlePadding: 8,
      domainColor: ink,
      domainOpacity: 0.5,
      tickColor: ink,
      tickOpacity: 0.5,
      gridColor: ink,
      gridOpacity: 0.12,
    },
    legend: { labelColor: ink, labelFontSize: 11 },
    text: { color: ink },
  };
}

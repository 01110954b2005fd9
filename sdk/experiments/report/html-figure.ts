// A plot in a page.

import { Html, html } from './html-text.ts';
import type { Plot } from './plot.ts';
import type { PlotSize } from './plot-size.ts';
import { svgOf } from './svg.ts';
import { vegaLiteSpec } from './vega-lite-spec.ts';

const wideSize: PlotSize = { width: 430, height: 260 };
/** For screens on which the wide one would be too small to read. */
const narrowSize: PlotSize = { width: 255, height: 220 };

/**
 * A plot twice, for wide and for narrow screens: one of them is hidden.
 *
 * @param place - which plot of the page it is.
 */
export async function figureOf(plot: Plot, place: number): Promise<Html> {
  const { title, caption } = plot;
  const draw = async (size: PlotSize, form: string): Promise<Html> => {
    const { title: _, ...spec } = vegaLiteSpec(plot.data, size);
    const svg = await svgOf(spec, { ink: 'currentColor', ground: 'transparent', font: 'inherit' });
    return new Html(withOwnIds(svg, `p${place}${form}`));
  };
  const label = `${title}. ${caption}`;
  return html`<figure>
<figcaption><h3>${title}</h3><p>${caption}</p></figcaption>
<div class="wide" role="img" aria-label="${label}">${await draw(wideSize, 'w')}</div>
<div class="narrow" role="img" aria-label="${label}">${await draw(narrowSize, 'n')}</div>
</figure>`;
}

/** Ids that no other picture of the page has, and that are the same whatever vega has drawn before. */
function withOwnIds(svg: string, prefix: string): string {
  const places = new Map<string, number>();
  return svg.replace(/(\bid="|url\(#|href="#)([\w-]+)/g, (_, before: string, id: string) => {
    if (!places.has(id)) places.set(id, places.size);
    return `${before}${prefix}-${places.get(id)}`;
  });
}

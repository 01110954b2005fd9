// A page that needs nothing but itself: no script, no file, no network.

import { reportStyle } from './html-style.ts';
import { embeddedJson, Html, type HtmlPart, html } from './html-text.ts';

/** What is in a page. */
export interface HtmlPageParts {
  /** What it is, above its title. */
  readonly eyebrow: string;
  readonly title: string;
  /** Below its title. */
  readonly lead: string;
  readonly body: HtmlPart;
  readonly footer: HtmlPart;
  /** The id of the element that holds the JSON. */
  readonly jsonId: string;
  /** What programs read of the page. */
  readonly json: unknown;
}

/** The whole page. */
export function htmlPage({ eyebrow, title, lead, body, footer, jsonId, json }: HtmlPageParts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Gridbook">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${title}</title>
<style>${new Html(reportStyle)}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">${eyebrow}</p>
<h1>${title}</h1>
<p class="lead">${lead}</p>
</header>
${body}
<footer>
<p>${footer}</p>
</footer>
</main>
<script type="application/json" id="${jsonId}">${embeddedJson(json)}</script>
</body>
</html>
`.markup;
}

/** Warnings, where there are some. */
export function warningBox(warnings: readonly string[]): Html | undefined {
  if (warnings.length === 0) return undefined;
  if (warnings.length === 1) return html`<div class="warning" role="note"><p>${warnings[0]}</p></div>`;
  return html`<div class="warning" role="note"><ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul></div>`;
}

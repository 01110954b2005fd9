// A visit of a notebook in a real JupyterLab by a real browser.
//
// Owns: the server and the browser, both gone after `close`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { until } from '../helpers/cluster-process.ts';
import { chromium, jupyter } from './jupyter.ts';
import type { NotebookProject } from './notebook-project.ts';

/** What was seen while all cells ran. */
export interface SeenInLab {
  /** Where the first bar stood, each time that it had moved. */
  readonly shares: number[];
  /** How many plots Vega-Lite has drawn. */
  readonly plots: number;
  /** What was written as an error. */
  readonly errors: string[];
}

/** An open notebook. */
export interface LabVisit {
  runAll(): Promise<SeenInLab>;
  close(): Promise<void>;
}

/** After this long without what is waited for, the wait is given up, in milliseconds. */
const waitMaxMs = 120_000;

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts JupyterLab and opens a notebook of the project in Chromium. */
export async function chromiumVisit(project: NotebookProject, notebook: string): Promise<LabVisit> {
  const server = spawn(
    jupyter,
    [
      'lab',
      '--no-browser',
      '--allow-root',
      '--port=0',
      '--ip=127.0.0.1',
      '--IdentityProvider.token=test',
      '--LabApp.news_url=None',
    ],
    { cwd: project.path, env: project.env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(server, 'exit');
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    try {
      await browser?.close();
    } finally {
      server.kill('SIGTERM');
      await ended;
    }
  };
  try {
    const port = await portSaid(createInterface(server.stderr));
    server.stderr.resume();
    browser = await playwright.launch({ executablePath: chromium, args: flags });
    const page = await browser.newPage({ viewport: { width: 1400, height: 2200 } });
    await page.goto(`http://127.0.0.1:${port}/lab/tree/${notebook}?token=test`);
    await page.locator('.jp-Notebook .jp-CodeCell').first().waitFor({ timeout: waitMaxMs });
    // Before its kernel has begun Lab shows it as idle, too, and forgets what is asked of it.
    await until(async () => {
      const kernels: unknown = await (await page.request.get(`http://127.0.0.1:${port}/api/kernels?token=test`)).json();
      return (
        Array.isArray(kernels) && kernels.some((one) => one.execution_state === 'idle' && Number(one.connections) > 0)
      );
    });
    return { runAll: () => runAll(page), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function portSaid(lines: AsyncIterable<string>): Promise<number> {
  for await (const line of lines) {
    const port = /http:\/\/127\.0\.0\.1:(\d+)\/lab/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error('JupyterLab ended without saying its address');
}

async function runAll(page: Page): Promise<SeenInLab> {
  await page.getByText('Run', { exact: true }).first().click();
  await page.locator('.lm-Menu-itemLabel', { hasText: 'Restart Kernel and Run All Cells' }).click();
  await page.locator('.jp-Dialog .jp-mod-accept').click();
  const shares: number[] = [];
  const last = page.locator('.jp-CodeCell').last();
  // The prompt of the last cell has a number once it has run.
  for (const end = performance.now() + waitMaxMs; ; ) {
    if (performance.now() > end)
      throw new Error(`Not all cells ran. What is:\n${await page.innerText('.jp-Notebook')}`);
    const share = await page.evaluate<number | undefined>('document.querySelector("progress")?.value');
    if (share !== undefined && shares.at(-1) !== share) shares.push(share);
    const prompt = (await last.locator('.jp-InputPrompt').textContent()) ?? '';
    if (/\d/.test(prompt)) break;
    await page.waitForTimeout(50);
  }
  await page.evaluate('document.querySelector(".vega-embed")?.scrollIntoView()');
  const picture = process.env['GRIDBOOK_SCREENSHOTS'];
  if (picture !== undefined) await page.screenshot({ path: join(picture, 'lab-03.png') });
  const errors = page.locator(
    '[data-mime-type="application/vnd.jupyter.stderr"], [data-mime-type="application/vnd.jupyter.error"]',
  );
  return {
    shares,
    plots: await page.locator('.vega-embed canvas, .vega-embed svg').count(),
    errors: await errors.allTextContents(),
  };
}

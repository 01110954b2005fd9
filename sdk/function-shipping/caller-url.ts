// Finds the file that called the SDK, from the call stack.

import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';

const sdkUrl = new URL('..', import.meta.url).href;
const framesMax = 64;

/**
 * The file URL of the code that called the SDK.
 *
 * @returns undefined when that code is in no file: typed at a prompt, evaluated, or called by Node itself.
 * @example
 * ```ts
 * console.log(callerUrl()); // prints the URL of this very file, as file:///…
 * ```
 */
export function callerUrl(): string | undefined {
  for (const site of callSites()) {
    if (site.isEval()) return undefined;
    const script = site.getScriptNameOrSourceURL() ?? '';
    if (script === '' || script.startsWith('node:')) continue;
    const url = isAbsolute(script) ? pathToFileURL(script).href : script;
    if (url.startsWith(sdkUrl)) continue;
    return url.startsWith('file:') ? url : undefined;
  }
  return undefined;
}

function callSites(): NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  let sites: NodeJS.CallSite[] = [];
  // No stack is made by anyone else before these are put back.
  Error.stackTraceLimit = framesMax;
  Error.prepareStackTrace = (_, structured) => {
    sites = structured;
    return '';
  };
  try {
    void new Error().stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
  return sites;
}

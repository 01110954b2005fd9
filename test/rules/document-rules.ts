// What documents and package files say about the repository, held against it.

const knownEndings = /\.(c?js|mjs|d\.ts|ts|json|md|ya?ml|ipynb|py|csv|sh)$/;
/** Of what tools make there is nothing to see in the repository. */
const made = /^(dist|docs\/api|node_modules|test\/bench\/results)\//;

/** The paths that a document names: in backticks, with a slash or an ending that files here have. */
export function pathsNamed(document: string): string[] {
  const withoutBlocks = document.replace(/^( *)(```|~~~)[\s\S]*?^\1\2/gm, '');
  const words = [...withoutBlocks.matchAll(/`([^`\n]+)`/g)].map(([, word]) => (word ?? '').replace(/:\d+$/, ''));
  return words.filter(
    (word) =>
      /^(?!\.\w+$)[\w@.][\w@./*{},-]*$/.test(word) &&
      (word.includes('/') || knownEndings.test(word)) &&
      !made.test(word),
  );
}

/** Paths that a document names and that are not there. */
export function pathViolations(name: string, document: string, exists: (path: string) => boolean): string[] {
  return pathsNamed(document)
    .filter((path) => !exists(path))
    .map((path) => `${name} names ${path}, which is not there`);
}

/** Links of a document to files that are not there. */
export function linkViolations(name: string, document: string, exists: (path: string) => boolean): string[] {
  return [...document.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)]
    .map(([, target]) => target ?? '')
    .filter((target) => !/^[a-z]+:/.test(target) && !exists(target))
    .map((target) => `${name} links to ${target}, which is not there`);
}

/** Scripts of package.json that a document tells the reader to run and that are not there. */
export function scriptViolations(name: string, document: string, scripts: Readonly<Record<string, string>>): string[] {
  const named = [...document.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(test|start)\b)/g)];
  return named
    .map(([, script, short]) => script ?? short ?? '')
    .filter((script) => !(script in scripts))
    .map((script) => `${name} tells to run the script ${script}, which package.json does not have`);
}

/** Addresses in a lock file. They are those of the machine that wrote it, and other machines may not reach them. */
export function lockViolations(lock: string): string[] {
  const parsed: { packages?: Record<string, { resolved?: string; link?: boolean }> } = JSON.parse(lock);
  return Object.entries(parsed.packages ?? {})
    .filter(([, { resolved, link }]) => resolved !== undefined && link !== true)
    .map(([name]) => `package-lock.json holds an address for ${name}`);
}

/** A changelog that knows neither the version nor anything unreleased. */
export function changelogViolations(changelog: string, version: string): string[] {
  const headings = changelog.split('\n').filter((line) => line.startsWith('## '));
  const words = headings.map((heading) => heading.replace(/[[\]]/g, '').split(/\s+/)[1]);
  return words.includes('Unreleased') || words.includes(version)
    ? []
    : [`CHANGELOG.md has no heading for ${version} and none for what is unreleased`];
}

// What the system says of a container's memory, read from files such as it shows them.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { idleFileBytes } from '../../../daemon/node/machine.ts';

/** A folder with these files in the place of `/`. */
function rootWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'gridbook-root-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const unified = 'anon 100\nfile 5000\nactive_file 1000\ninactive_file 4000\nworkingset_refault_file 7\n';
const legacy = 'cache 9\ninactive_file 1\ntotal_active_file 2\ntotal_inactive_file 3000\n';
const legacyGroups = '12:cpu,cpuacct:/a\n4:hugetlb,memory:/docker/b\n1:name=systemd:/a\n';

test('idleFileBytes() reads what the own group of processes holds of files that nobody reads', (t) => {
  const given: [Record<string, string>, number][] = [
    [{ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.stat': unified }, 4000],
    [{ 'proc/self/cgroup': '0::/a.slice/b.scope\n', 'sys/fs/cgroup/a.slice/b.scope/memory.stat': unified }, 4000],
    [{ 'proc/self/cgroup': '0::/../other\n', 'sys/fs/cgroup/memory.stat': unified }, 4000],
    [{ 'proc/self/cgroup': legacyGroups, 'sys/fs/cgroup/memory/docker/b/memory.stat': legacy }, 3000],
    [{ 'proc/self/cgroup': `${legacyGroups}0::/b\n`, 'sys/fs/cgroup/memory/memory.stat': legacy }, 3000],
    [{ 'proc/self/cgroup': '0::/\n' }, 0],
    [{ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.stat': 'anon 5\n' }, 0],
    [{ 'proc/self/cgroup': '' }, 0],
    [{}, 0],
  ];
  for (const [files, bytes] of given) assert.equal(idleFileBytes(rootWith(t, files)), bytes, JSON.stringify(files));
});

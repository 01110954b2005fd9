// A full disk under a daemon: its home, or its store of objects, is a small file system of its own. The task ends well, the
// log says where it was cut, nothing is corrupt, and all goes on once there is room again.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ResourceError } from '../../sdk/index.ts';
import { ProcessCluster, until } from '../helpers/cluster-process.ts';
import { needs } from '../helpers/needs.ts';
import { errorOf } from '../helpers/outcomes.ts';

const mebibyte = 2 ** 20;

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const lacks = needs('small file systems', canMount, 'be root on Linux, with mount and unshare');

/** A cluster whose home is a file system of its own; `/dev/shm` of its daemons is another one, of the same size. */
class SmallDisks implements AsyncDisposable {
  readonly cluster = new ProcessCluster();
  readonly #fill: string;

  constructor(bytes: number) {
    const { home } = this.cluster;
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'none', home]);
    this.#fill = join(home, 'fill');
  }

  async open(bytes: number): Promise<void> {
    const script = `mount -t tmpfs -o size=${bytes} none /dev/shm && exec "$0" "$@"`;
    await this.cluster.startHead({ cpus: 1, prefix: ['unshare', '-m', 'sh', '-c', script] });
  }

  /** Takes all the room that there is in the home. */
  fill(): void {
    for (let size = mebibyte; size >= 1; size = Math.floor(size / 2)) {
      try {
        for (;;) writeFileSync(this.#fill, Buffer.alloc(size, 1), { flag: 'a' });
      } catch {
        // A smaller piece may fit.
      }
    }
    const { bavail } = statfsSync(this.cluster.home);
    assert.equal(bavail, 0);
  }

  makeRoom(): void {
    rmSync(this.#fill);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stopDaemons();
    execFileSync('umount', [this.cluster.home]);
    await this.cluster.close();
  }
}

describe('a daemon whose disk is full', lacks, () => {
  test('runs tasks on, says in its log where it was cut, and every line of it is whole', async () => {
    await using disks = new SmallDisks(8 * mebibyte);
    await disks.open(64 * mebibyte);
    const { cluster } = disks;
    const logPath = join(cluster.home, 'daemons', String(cluster.head.port), 'daemon.log');
    const records = (): { dropped?: number; msg: string }[] =>
      readFileSync(logPath, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    await using session = await cluster.session();
    const print = session.remote((text: string) => {
      console.log(text.repeat(100));
      return text;
    });
    assert.equal(await print('before'), 'before');
    await until(() => records().some(({ msg }) => msg.startsWith('before')));
    disks.fill();
    for (let i = 0; i < 30; i++) assert.equal(await print(`while full ${i} `), `while full ${i} `);
    assert.equal((await cluster.statusOf(cluster.head)).daemon.pid, cluster.head.pid);
    disks.makeRoom();
    assert.equal(await print('after'), 'after');
    await until(() => records().some(({ msg }) => msg.startsWith('after')));
    const all = records();
    const cut = all.findIndex(({ msg }) => msg === 'the log was cut here');
    assert.ok(cut > 0, 'the log says where it was cut');
    assert.ok((all[cut]?.dropped ?? 0) > 0);
    assert.ok(!readFileSync(logPath, 'utf8').endsWith('\0'));
  });

  test('fails a task whose result it cannot keep with ResourceError, keeps what it has, and takes results again', async () => {
    await using disks = new SmallDisks(40 * mebibyte);
    await disks.open(40 * mebibyte);
    const { cluster } = disks;
    await using session = await cluster.session();
    const make = session.remote((bytes: number, value: number) => new Uint8Array(bytes).fill(value), { maxRetries: 0 });
    const kept = make(4 * mebibyte, 7);
    await session.wait([kept]);
    disks.fill();
    const error = await errorOf(make(36 * mebibyte, 8));
    assert.ok(error instanceof ResourceError, String(error));
    assert.match(error.message, /Cannot keep a result of \d+ bytes: .*(full|room)/);
    assert.equal((await kept).at(-1), 7, 'what was kept is whole');
    assert.equal(await session.remote(() => 'small')(), 'small');
    const { node } = await cluster.statusOf(cluster.head);
    assert.equal(node.objects?.objects, 1, 'nothing is left of what could not be kept');
    disks.makeRoom();
    assert.equal((await make(4 * mebibyte, 9)).at(-1), 9);
    const parts = readdirSync(join(cluster.home, 'objects'), { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      parts.filter((name) => name.endsWith('.part')),
      [],
    );
  });
});

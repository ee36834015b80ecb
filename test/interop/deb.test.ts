import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { runChild, transcript } from '../support/child.ts'
import { needsCommand, needsContainers, needsRelease } from './peer.ts'
import { findRelease, VERSION } from './release.ts'

needsRelease()
needsContainers()
needsCommand('apt-get')
needsCommand('man')

test('apt installs the .deb, with pages that wasmpack and man find', async () => {
  const work = mkdtempSync(join(tmpdir(), 'wasmpack-deb-test-'))
  onTestFinished(() => rmSync(work, { recursive: true, force: true }))
  for (const name of ['memory', 'machine']) mkdirSync(join(work, name))
  // A copy of this machine that is thrown away: what is written stays in memory.
  const script = `mount -t tmpfs none "$WORK/memory" && mkdir "$WORK/memory/upper" "$WORK/memory/work" &&
    mount -t overlay overlay -o "lowerdir=/,upperdir=$WORK/memory/upper,workdir=$WORK/memory/work" "$WORK/machine" &&
    mount --rbind /dev "$WORK/machine/dev" && mount --rbind /proc "$WORK/machine/proc" && mkdir -p "$WORK/machine/mnt/deb" && cp "$DEB" "$WORK/machine/mnt/deb/" &&
    exec chroot "$WORK/machine" sh -ec '
      cd /mnt/deb
      apt-get install --yes ./*.deb >&2
      wasmpack version --format json
      man --location wasmpack
      MANPAGER=cat man wasmpack | head -3
      apt-get remove --yes wasmpack >&2
      test ! -e /usr/bin/wasmpack'`
  const run = await runChild('unshare', ['--mount', 'sh', '-c', script], {
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      DEBIAN_FRONTEND: 'noninteractive',
      LANG: 'C.UTF-8',
      WORK: work,
      DEB: findRelease()!.deb,
    },
  })
  expect(run.exit, transcript(run)).toBe(0)
  const [version, location, ...page] = run.stdout.split('\n')
  expect(JSON.parse(version!)).toMatchObject({
    version: VERSION,
    installation: { kind: 'executable', directory: '/usr/bin' },
    documentation: '/usr/share/doc/wasmpack/docs',
  })
  expect(location).toBe('/usr/share/man/man1/wasmpack.1.gz')
  expect(page.join('\n')).toMatch(/wasmpack/i)
})

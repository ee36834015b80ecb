import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CACHE } from '../fetch-node.ts'
import type { Platform } from '../platforms.ts'
import { runProgram } from '../run-program.ts'

type Architecture = NonNullable<Platform['architecture']>

/** What the executable needs of Debian 12, by version, so that a build next month has the same digest or fails. */
const PACKAGES: readonly (readonly [name: string, version: string])[] = [
  ['ca-certificates', '20250419~deb12u2'],
  ['libatomic1', '12.2.0-14+deb12u1'],
  ['libc6', '2.36-9+deb12u14'],
  ['libgcc-s1', '12.2.0-14+deb12u1'],
  ['libstdc++6', '12.2.0-14+deb12u1'],
]

/** Returns the paths of the packages, which apt downloads once, with the signatures of Debian verified. */
export async function fetchDebianPackages(architecture: Architecture): Promise<readonly string[]> {
  const home = join(CACHE, `release-debian-${architecture}`)
  await mkdir(home, { recursive: true })
  const paths = PACKAGES.map(([name, version]) => join(home, `${name}_${version}.deb`))
  if (paths.every((path) => existsSync(path))) return paths
  const work = await mkdtemp(`${home}.`)
  try {
    const options = await createPrivateApt(work, architecture)
    await runProgram('apt-get', [...options, '--quiet', 'update'])
    for (const [at, [name, version]] of PACKAGES.entries()) {
      const target = await mkdtemp(join(work, 'package-'))
      await runProgram('apt-get', [...options, '--quiet', 'download', `${name}=${version}`], { cwd: target })
      const [file] = (await runProgram('ls', [target])).trim().split('\n')
      await rename(join(target, file!), paths[at]!)
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return paths
}

/** The options of an apt that asks the machine's sources for another architecture and writes nothing outside of `directory`. */
async function createPrivateApt(directory: string, architecture: Architecture): Promise<readonly string[]> {
  await mkdir(join(directory, 'state/lists/partial'), { recursive: true })
  await mkdir(join(directory, 'cache/archives/partial'), { recursive: true })
  await writeFile(join(directory, 'status'), '')
  return [
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
    `Dir::State=${join(directory, 'state')}`,
    `Dir::State::status=${join(directory, 'status')}`,
    `Dir::Cache=${join(directory, 'cache')}`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option])
}

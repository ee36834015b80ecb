import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { NODE_VERSION, type Platform } from './platforms.ts'
import { runProgram } from './run-program.ts'

/** Where downloads are kept between builds. */
export const CACHE =
  process.env['WASMPACK_PEERS'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wasmpack-peers')

/**
 * Returns the path of Node's binary for a platform. It is fetched from npm once, and kept only if the package has the pinned
 * digest.
 */
export async function fetchNode({ node }: Platform): Promise<string> {
  const home = join(CACHE, `release-${node.package}-${NODE_VERSION}`)
  const binary = join(home, 'package', node.binary)
  if (existsSync(binary)) return binary
  await mkdir(CACHE, { recursive: true })
  const part = await mkdtemp(`${home}.`)
  try {
    await runProgram('npm', [
      'pack',
      '--silent',
      '--pack-destination',
      part,
      `${node.package}@${NODE_VERSION}`,
    ])
    const tarball = join(part, `${node.package}-${NODE_VERSION}.tgz`)
    const found = `sha512-${createHash('sha512')
      .update(await readFile(tarball))
      .digest('base64')}`
    if (found !== node.integrity)
      throw new Error(`${node.package}@${NODE_VERSION} has the digest ${found}, not ${node.integrity}`)
    await runProgram('tar', ['-xzf', tarball, '-C', part, '--exclude=include', '--exclude=share', 'package'])
    await rm(tarball)
    await rename(part, home)
  } finally {
    await rm(part, { recursive: true, force: true })
  }
  return binary
}

/** The licence of Node and of all that it contains, which the package for Windows lacks. */
export const readNodeLicence = async (own: Platform): Promise<string> =>
  await readFile(join(await fetchNode(own), '../../LICENSE'), 'utf8')

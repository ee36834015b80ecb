import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const { version: VERSION } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly version: string
}

/** What `npm run release -- linux-x64` has written. */
export interface Release {
  readonly directory: string
  readonly executable: string
  /** The OCI layout with the image. */
  readonly image: string
  readonly deb: string
  /** The digests of SHA256SUMS, by file name. */
  readonly sums: ReadonlyMap<string, string>
}

/** Finds the release of this checkout; undefined if it was not built, or not to its end. */
export function findRelease(): Release | undefined {
  const root = resolve('release')
  if (!existsSync(join(root, 'SHA256SUMS'))) return undefined
  const directory = join(root, `wasmpack-${VERSION}-linux-x64`)
  if (!existsSync(directory)) return undefined
  const lines = readFileSync(join(root, 'SHA256SUMS'), 'utf8').trim().split('\n')
  return {
    directory,
    executable: join(directory, 'wasmpack'),
    image: join(root, `wasmpack-${VERSION}-image`),
    deb: join(root, `wasmpack_${VERSION}_amd64.deb`),
    sums: new Map(lines.map((line) => line.split('  ').toReversed() as [string, string])),
  }
}

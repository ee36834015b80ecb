import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import { Transport } from '../../src/http/transport.ts'
import type { Blob } from '../../src/oci/descriptor.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import type { Target } from '../../src/oci/target.ts'
import { blobFrom } from '../oci/artifacts.ts'
import type { RegistryEndpoint } from '../stack/registries.ts'
import { always } from '../support/registry/opened.ts'
import { freshRepository } from './artifacts.ts'
import { onEachRegistry } from './workbench.ts'

const SIZE = 8 << 20
const PIECE = Buffer.alloc(64 << 10)

/** How a registry answers what cancels a session, and whether what had come of the upload is gone then. */
interface Ways {
  readonly answers: readonly string[]
  readonly gone: boolean
}
const BEFORE_ANY_BYTE: Readonly<Record<string, Ways>> = {
  distribution: { answers: ['204 DELETE'], gone: true },
  'docker-registry': { answers: ['204 DELETE'], gone: true },
  'ggcr-registry': { answers: ['400 DELETE'], gone: true },
}
/** A break leaves docker-registry with what had come, and no Location that it would take. */
const AFTER_A_BREAK: Readonly<Record<string, Ways>> = {
  distribution: { answers: ['416 DELETE', '204 GET', '204 DELETE'], gone: true },
  'docker-registry': { answers: ['404 DELETE'], gone: false },
  'ggcr-registry': { answers: ['400 DELETE'], gone: true },
}

onEachRegistry(
  (registry, name) => {
    const scene = () => {
      const repository = freshRepository(registry()).replace(`${registry().host}/`, '')
      const debug: string[] = []
      const transport = new Transport({ debug: (line) => debug.push(line) })
      onTestFinished(() => transport.close())
      const options = { transport, credentials: always(undefined) }
      const open = (): Target =>
        openRegistry({ kind: 'registry', registry: registry().host, repository }, options)
      const cancelled = (ways: Ways): void => {
        const answers = debug.flatMap((line) => /^< (\d+ \w+) \S+\/uploads\//.exec(line)?.[1] ?? [])
        expect(answers.slice(-ways.answers.length)).toEqual(ways.answers)
        expect(bytesOf(registry(), repository).length === 0).toBe(ways.gone)
      }
      return { open, cancelled }
    }

    describe('an upload that is given up', () => {
      test('in the middle is cancelled', async () => {
        const { open, cancelled } = scene()
        const abort = new AbortController()
        const reason = new Error('enough')
        let sent = 0
        const source = {
          size: SIZE,
          async *open() {
            for (let at = 0; at < SIZE; at += PIECE.length) yield PIECE
          },
        }
        const progress = (bytes: number): void => {
          sent += bytes
          if (sent > SIZE / 2) abort.abort(reason)
        }
        await expect(open().pushUnhashed(source, { signal: abort.signal, progress })).rejects.toBe(reason)
        cancelled(AFTER_A_BREAK[name]!)
      })

      test('before its first byte is cancelled: nothing is mounted, and the blob is there', async () => {
        const { open, cancelled } = scene()
        const small = blobFrom('a module')
        await open().push(small)
        const huge: Blob = { ...small, descriptor: { ...small.descriptor, size: 65 << 20 } }
        expect(await open().push(huge, { from: 'test/none' })).toBe('present')
        cancelled(BEFORE_ANY_BYTE[name]!)
      })
    })
  },
  ['distribution', 'docker-registry', 'ggcr-registry'],
)

/** The files that hold what had come of uploads; none where the storage is in memory. */
function bytesOf({ storage }: RegistryEndpoint, repository: string): readonly string[] {
  if (storage === undefined) return []
  const directory = join(storage, 'docker/registry/v2/repositories', repository, '_uploads')
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('/data'),
  )
}

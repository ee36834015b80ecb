import { describe, expect, test } from 'vitest'

import { inferCapabilityManifest } from '../../src/capabilities/init/infer-manifest.ts'
import { createBytesCursor } from '../../src/wasm/binary/bytes-cursor.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'
import type { ComponentInspection } from '../../src/wasm/types/inspection.ts'
import { readFixture } from '../support/fixtures.ts'
import { granting, judging } from './samples.ts'

const read = async (name: string): Promise<ComponentInspection> =>
  (await inspectBinary(createBytesCursor(readFixture(name)))) as ComponentInspection

/** What a manifest without any grant is told to grant, by class. */
const wanted = (component: ComponentInspection): (string | undefined)[] => [
  ...new Set(judging(component, granting({})).findings.map((finding) => finding.class)),
]

const STDIO = ['stdio.stdin', 'stdio.stdout', 'stdio.stderr', 'stdio.terminal']

describe('C programs adapted from WASI 0.1 to components', () => {
  test('import the same interfaces, whether they touch files or not', async () => {
    const [hello, files] = await Promise.all([read('c-hello-component'), read('c-files-component')])
    const names = ({ imports }: ComponentInspection): string[] => imports.map(({ name }) => name)
    expect(names(hello)).toEqual(names(files))
    expect(names(hello)).toContain('wasi:filesystem/types@0.2.12')
  })

  test('are not told to grant a filesystem for a hello-world', async () => {
    const hello = await read('c-hello-component')
    expect(wanted(hello)).toEqual(STDIO)
    expect(inferCapabilityManifest(hello, { name: 'hello' }).spec.grants).toEqual({
      stdio: ['stdin', 'stdout', 'stderr', 'terminal'],
    })
    const granted = granting({ stdio: ['stdin', 'stdout', 'stderr', 'terminal'], filesystem: [] })
    expect(judging(hello, granted).grants.at(-1)).toMatchObject({ grant: 'filesystem', status: 'unused' })
  })

  test('are told to grant one, and to write, for a program on files', async () => {
    const files = await read('c-files-component')
    expect(wanted(files)).toEqual([...STDIO, 'fs.write', 'fs.open'])
    expect(inferCapabilityManifest(files, { name: 'files' }).spec.grants.filesystem).toEqual([])
    const readOnly = granting({
      stdio: ['stdin', 'stdout', 'stderr', 'terminal'],
      filesystem: [{ guest: '/data', mode: 'ro' }],
    })
    expect(judging(files, readOnly).findings.map((finding) => finding.import)).toEqual([
      'wasi:filesystem/types@0.2.12#[method]descriptor.create-directory-at',
      'wasi:filesystem/types@0.2.12#[method]descriptor.unlink-file-at',
    ])
  })

  test.each([
    ['c-hello', []],
    ['c-files', ['path_create_directory', 'path_open', 'path_unlink_file']],
  ])('hold the module that %s was, with its own imports as evidence', async (name, paths) => {
    const { nested } = await read(`${name}-component`)
    const [main] = nested.contents
    expect(main).toMatchObject({ kind: 'module', depth: 1, hasStart: false })
    const asked = main?.kind === 'module' ? main.imports : []
    expect(asked.map(({ name: of }) => of).filter((of) => of.startsWith('path_'))).toEqual(paths)
    expect(new Set(asked.map(({ module }) => module))).toEqual(new Set(['wasi_snapshot_preview1']))
  })
})

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { beforeAll, describe, expect, test } from 'vitest'

import { expectValidDocument } from '../sbom/schemas.ts'
import { toolchainPath } from '../stack/peers.ts'
import { needsCommand, needsPeers, needsToolchains } from './peer.ts'
import { useWorkbench } from './workbench.ts'

// Bills of materials of modules as cargo auditable and Go build them, compared with what other readers find in the same bytes.

const run = promisify(execFile)

/** A package of CycloneDX. */
interface Listed {
  readonly name: string
  readonly version?: string
  readonly purl?: string
}

const namesOf = (packages: readonly Listed[]): readonly string[] =>
  packages.map(({ name, version }) => `${name} ${version ?? ''}`).sort()

describe('a Rust module that cargo auditable built for WASI preview 1', () => {
  needsToolchains('auditable', 'rust', 'jco')
  needsPeers('wasm-tools')
  const bench = useWorkbench()

  beforeAll(async () => {
    const [auditable, rust] = ['auditable', 'rust'].map((name) => toolchainPath(name))
    if (auditable === undefined || rust === undefined) return
    const crate = bench.path('crate')
    cpSync(join(import.meta.dirname, '../stack/auditable'), crate, { recursive: true })
    mkdirSync(join(crate, '.cargo'))
    const vendored = `[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "${auditable}/vendor"\n`
    writeFileSync(join(crate, '.cargo/config.toml'), vendored)
    // wasm32-wasip1 is the newer name of the target that this compiler calls wasm32-wasi.
    const target = ['--target', 'wasm32-wasi', '--offline', '--release']
    await run(join(auditable, 'bin/cargo-auditable'), ['auditable', 'build', ...target], {
      cwd: crate,
      env: {
        ...process.env,
        CARGO: join(auditable, 'cargo'),
        RUSTC: join(rust, 'rustc'),
        CARGO_TARGET_WASM32_WASI_RUSTFLAGS: `-C linker=${rust}/usr/bin/wasm-ld-14 -C linker-flavor=wasm-ld -C strip=debuginfo`,
      },
    })
    cpSync(join(crate, 'target/wasm32-wasi/release/audited-hello.wasm'), bench.path('app.wasm'))
  })

  const CRATES = ['audited-hello 0.3.1', 'fnv 1.0.7', 'itoa 1.0.9', 'local-part 0.1.0', 'smallvec 1.11.0']

  const readDocument = async (file: string, format: string): Promise<any> =>
    JSON.parse((await bench.wasmpack('sbom', file, '--format', format)).stdout)

  /** What wasm-tools finds in a binary. */
  const readMetadata = async (file: string): Promise<any> =>
    JSON.parse((await bench.peer('wasm-tools', 'metadata', 'show', '--json', file)).stdout)

  test('sbom lists its crates and versions, and both documents are valid by their schemas', async () => {
    const cyclonedx = await readDocument('app.wasm', 'cyclonedx')
    expectValidDocument(cyclonedx)
    expect(namesOf(cyclonedx.components)).toEqual(CRATES)
    expect(cyclonedx.components.flatMap(({ purl }: Listed) => purl ?? [])).toEqual([
      'pkg:cargo/fnv@1.0.7',
      'pkg:cargo/itoa@1.0.9',
      'pkg:cargo/smallvec@1.11.0',
    ])
    const spdx = await readDocument('app.wasm', 'spdx')
    expectValidDocument(spdx)
    expect(spdx.packages.map(({ name }: Listed) => name)).toEqual(
      expect.arrayContaining(['fnv', 'itoa', 'smallvec']),
    )
  })

  test('wasm-tools finds the same crates, the same dependencies and the same tools', async () => {
    const { module } = await readMetadata('app.wasm')
    const { packages } = JSON.parse(module.dependencies) as {
      readonly packages: readonly (Listed & { readonly dependencies?: readonly number[] })[]
    }
    expect(namesOf(packages)).toEqual(CRATES)
    const { components, dependencies, formulation } = await readDocument('app.wasm', 'cyclonedx')
    const refOf = new Map<string, string>(components.map((one: any) => [one.name, one['bom-ref']]))
    for (const { name, dependencies: on = [] } of packages)
      expect(dependencies.find(({ ref }: any) => ref === refOf.get(name)).dependsOn ?? []).toEqual(
        on.map((at) => refOf.get(packages[at]!.name)).sort(),
      )
    const tools = new Map<string, [string, string][]>(
      module.producers.map(([field, named]: [string, object]) => [field, Object.entries(named)]),
    )
    expect(namesOf(formulation[0].components)).toEqual(
      tools
        .get('processed-by')!
        .map(([name, version]) => `${name} ${version}`)
        .sort(),
    )
  })

  test('in a component the crates are those of the nested module, whose digest is that of its bytes', async () => {
    const adapter = join(toolchainPath('jco')!, 'package/lib/wasi_snapshot_preview1.command.wasm')
    const adapt = ['--adapt', `wasi_snapshot_preview1=${adapter}`]
    await bench.peer('wasm-tools', 'component', 'new', 'app.wasm', ...adapt, '-o', 'component.wasm')
    const cyclonedx = await readDocument('component.wasm', 'cyclonedx')
    expectValidDocument(cyclonedx)
    expectValidDocument(await readDocument('component.wasm', 'spdx'))
    expect(namesOf(cyclonedx.components)).toEqual(expect.arrayContaining(CRATES))
    const bytes = bench.read('component.wasm')
    const { component } = await readMetadata('component.wasm')
    const ranges = component.children.map(
      (child: any) => Object.values<any>(child)[0].metadata?.range ?? Object.values<any>(child)[0].range,
    )
    const found = cyclonedx.metadata.component.components.map(({ hashes }: any) => hashes[0].content)
    expect(found).toEqual(
      ranges.map(({ start, end }: any) =>
        createHash('sha256').update(bytes.subarray(start, end)).digest('hex'),
      ),
    )
    const program = cyclonedx.dependencies.find(({ ref }: any) => ref === 'nested-1')
    expect(program.dependsOn).toEqual(['cargo:local:audited-hello@0.3.1'])
  })
})

describe('a Go module', () => {
  needsToolchains('go-modules')
  needsCommand('go')
  const bench = useWorkbench()

  test('has the dependencies that go version -m reads of the same program for this machine', async () => {
    const built = toolchainPath('go-modules')!
    const { stdout } = await run('go', ['version', '-m', join(built, 'native')])
    const fields = stdout.split('\n').map((line) => line.trim().split('\t'))
    const expected = fields
      .filter(([key]) => key === 'dep')
      .map(([, name, version]) => ({ name: name!, version: version! }))
    expect(expected.length).toBeGreaterThan(0)
    bench.write('hello.wasm', readFileSync(join(built, 'hello.wasm')))
    const document = JSON.parse((await bench.wasmpack('sbom', 'hello.wasm', '--format', 'cyclonedx')).stdout)
    expectValidDocument(document)
    const main = fields.find(([key]) => key === 'mod')![1]!
    expect(namesOf(document.components)).toEqual(namesOf([{ name: main }, ...expected]))
    // Go's own command does not know the format.
    await expect(run('go', ['version', '-m', join(built, 'hello.wasm')])).rejects.toThrow(
      'unrecognized file format',
    )
  })
})

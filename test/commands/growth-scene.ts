import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'vitest'

import { temporaryDirectory } from '../delivery/scene.ts'
import { type InProcessRun, runCommand } from '../support/in-process.ts'
import { coreImport, coreImports, func, I32, module, types } from '../support/wasm-builder.ts'

export const REPOSITORY = 'harbor.corp.example/team/app'
const VERSION = 'org.opencontainers.image.version'

/** What a module imports beside standard output: imports of WASI, or of a host that nobody knows. */
export type Extra = 'sock_accept' | 'random_get' | 'env.kv_get'

/** Versions of one application in a layout, keys of three roles, and policies. */
export interface GrowthScene {
  readonly at: (name: string) => string
  /** The layout, or the repository of a registry. */
  readonly repository: string
  readonly run: (...argv: readonly string[]) => Promise<InProcessRun>
  /** The same under policies. */
  readonly under: (policies: readonly string[], ...argv: readonly string[]) => Promise<'admitted' | string>
  /** Pushes a version that imports these; signed by the release key, unless another is given. Returns `repository@digest`. */
  readonly push: (tag: string, extra: readonly Extra[], options?: PushOptions) => Promise<string>
  readonly tryPush: (tag: string, extra: readonly Extra[], options?: PushOptions) => Promise<InProcessRun>
  readonly diff: (old: string, now: string, ...policies: readonly string[]) => Promise<unknown>
  readonly pull: (tag: string, ...policies: readonly string[]) => Promise<'admitted' | string>
  readonly approve: (pinned: string, key?: string, ...flags: readonly string[]) => Promise<InProcessRun>
  readonly write: (spec: string, kind?: 'CapabilityPolicy' | 'TrustPolicy') => string
  readonly growth: (growth: 'never' | 'minor' | 'major' | 'approved', more?: string) => string
}

interface PushOptions {
  /** Empty for none. */
  readonly key?: string
  /** Empty for none. */
  readonly version?: string
  readonly flags?: readonly string[]
  readonly policies?: readonly string[]
}

export const KEYS = ['release', 'security', 'other'] as const

export async function openGrowthScene(
  registry?: string,
  execute: (argv: readonly string[]) => Promise<InProcessRun> = (argv) =>
    runCommand(argv, { keyPassword: '' }),
): Promise<GrowthScene> {
  const directory = temporaryDirectory()
  const at = (name: string): string => join(directory, name)
  const repository = registry ?? `oci-layout:${at('oci')}`
  const as = registry === undefined ? ['--as', REPOSITORY] : []
  const run = (...argv: readonly string[]): Promise<InProcessRun> => execute(argv)
  const succeed = async (...argv: readonly string[]): Promise<InProcessRun> => {
    const done = await run(...argv)
    expect(done.error).toBeUndefined()
    return done
  }
  for (const key of KEYS) writeKeyPair(at(key))
  let files = 0
  const write: GrowthScene['write'] = (spec, kind = 'CapabilityPolicy') => {
    const path = at(`policy-${++files}.yaml`)
    writeFileSync(
      path,
      `apiVersion: wasmpack.dev/v1alpha1\nkind: ${kind}\nmetadata: {name: corp}\nspec:\n${spec.replaceAll(/^/gm, '  ')}\n`,
    )
    return path
  }
  const under: GrowthScene['under'] = async (policies, ...argv) => {
    const { error } = await run(...argv, ...as, ...policies.flatMap((file) => ['--policy', file]))
    return error === undefined
      ? 'admitted'
      : `${error.code}: ${error.message}; ${JSON.stringify(error.details)}`
  }
  const tryPush: GrowthScene['tryPush'] = async (
    tag,
    extra,
    { key = 'release', version = tag, flags = [], policies = [] } = {},
  ) => {
    writeFileSync(at('app.wasm'), buildModule(extra))
    await succeed('init', at('app.wasm'), '--force', '-o', at('app.capabilities.yaml'))
    const signing = key === '' ? [] : ['--key', at(`${key}.key`)]
    const versioned = version === '' ? [] : ['-a', `${VERSION}=${version}`]
    const named = policies.flatMap((file) => ['--policy', file])
    const under = named.length > 0 ? [...as, ...named] : []
    return run('push', `${repository}:${tag}`, at('app.wasm'), ...signing, ...versioned, ...under, ...flags)
  }
  return {
    at,
    repository,
    run,
    under,
    write,
    growth: (growth, more = '') =>
      write(
        `signers: {release: [{key: release.pub}], security: [{key: security.pub}]}\ngrowth: ${growth}\n${growth === 'approved' ? 'approvedBy: security' : 'signedBy: release'}\n${more}`,
      ),
    tryPush,
    async push(tag, extra, options) {
      const { error, text } = await tryPush(tag, extra, options)
      expect(error).toBeUndefined()
      return text
    },
    async diff(old, now, ...policies) {
      const flags = policies.flatMap((file) => ['--policy', file])
      const done = await run(
        'diff',
        `${repository}:${old}`,
        `${repository}:${now}`,
        ...as,
        ...flags,
        '--format',
        'json',
      )
      expect(done.error).toBeUndefined()
      return done.json
    },
    pull: (tag, ...policies) =>
      under(policies, 'pull', `${repository}:${tag}`, '-o', at('out.wasm'), '--key', at('release.pub')),
    approve: (pinned, key = 'security', ...flags) =>
      run('approve', pinned, '--key', at(`${key}.key`), ...as, ...flags),
  }
}

/** Without a password, which would take its time in every run. */
function writeKeyPair(prefix: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writeFileSync(`${prefix}.key`, privateKey.export({ format: 'pem', type: 'pkcs8' }))
  writeFileSync(`${prefix}.pub`, publicKey.export({ format: 'pem', type: 'spki' }))
}

/** A module with standard output and what is asked for beside. */
export function buildModule(extra: readonly Extra[]): Uint8Array {
  const wasi = (name: string): number[] => coreImport('wasi_snapshot_preview1', name, 0x00, 0x00)
  const type = func([I32, I32, I32, I32], [I32])
  const others = extra.map((name) => (name === 'env.kv_get' ? coreImport('env', 'kv_get', 0, 0) : wasi(name)))
  return module(types(type), coreImports(wasi('fd_write'), ...others))
}

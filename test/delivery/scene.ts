import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'

import type { CapabilityManifest } from '../../src/capabilities/manifest/manifest.ts'
import { parseCapabilityManifest } from '../../src/capabilities/manifest/manifest-text.ts'
import { type ModuleFile, openModuleFile } from '../../src/delivery/files/module-file.ts'
import {
  type Artifact,
  preparePush,
  type PreparedPush,
  type PrepareOptions,
} from '../../src/delivery/prepare.ts'
import type { Target } from '../../src/oci/target.ts'
import { fixtureCapabilities, readFixture } from '../support/fixtures.ts'

export const EPOCH = '1970-01-01T00:00:00Z'

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-delivery-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A fixture as a file of the test's own, which it may change. */
export async function openFixture(name: string): Promise<ModuleFile> {
  const path = join(temporaryDirectory(), `${name}.wasm`)
  writeFileSync(path, readFixture(name))
  const module = await openModuleFile(path)
  onTestFinished(() => module.close())
  return module
}

export const capabilitiesOf = (name: string): CapabilityManifest =>
  parseCapabilityManifest(fixtureCapabilities(name)!, `${name}.capabilities.yaml`)

/** Grants nothing. */
export const NOTHING: CapabilityManifest = parseCapabilityManifest(
  'apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityManifest\nmetadata: { name: nothing }\nspec: { grants: {} }\n',
  'nothing.yaml',
)

export const prepareFixture = async (
  name: string,
  capabilities: CapabilityManifest = capabilitiesOf(name),
): Promise<PreparedPush & Artifact> =>
  prepareWhole(await openFixture(name), {
    title: `${name}.wasm`,
    capabilities,
    annotations: {},
    created: EPOCH,
  })

/** Prepares a module together with the artifact that it makes. */
export async function prepareWhole(
  module: ModuleFile,
  options: PrepareOptions,
): Promise<PreparedPush & Artifact> {
  const prepared = await preparePush(module, options)
  return { ...prepared, ...(await prepared.artifact()) }
}

/** 64 MiB without imports, as a file of the test's own that takes no room on the disk. */
export async function openLarge(): Promise<ModuleFile> {
  const path = join(temporaryDirectory(), 'large.wasm')
  const size = 64 * 1024 * 1024
  const length = [0x80, 0x80, 0x80, 0x20]
  const file = openSync(path, 'w')
  writeSync(file, Buffer.from([...Buffer.from('\0asm'), 1, 0, 0, 0, 0, ...length, 4, ...Buffer.from('data')]))
  ftruncateSync(file, 8 + 1 + length.length + size)
  closeSync(file)
  const module = await openModuleFile(path)
  onTestFinished(() => module.close())
  return module
}

/** The target with some of its operations replaced. */
export const overriding = (target: Target, changes: Partial<Target>): Target => ({
  name: target.name,
  resolve: (...args) => target.resolve(...args),
  manifest: (...args) => target.manifest(...args),
  fetch: (...args) => target.fetch(...args),
  exists: (...args) => target.exists(...args),
  referrers: (...args) => target.referrers(...args),
  tags: (...args) => target.tags(...args),
  push: (...args) => target.push(...args),
  pushUnhashed: (...args) => target.pushUnhashed(...args),
  pushManifest: (...args) => target.pushManifest(...args),
  ...changes,
})

/** The target, with everything that is written to it noted in order. */
export function noting(target: Target): { readonly target: Target; readonly writes: string[] } {
  const writes: string[] = []
  const noted = overriding(target, {
    async push(blob, operation) {
      const outcome = await target.push(blob, operation)
      writes.push(`blob ${blob.descriptor.mediaType}`)
      return outcome
    },
    async pushManifest(manifest, tag, operation) {
      await target.pushManifest(manifest, tag, operation)
      const what = manifest.subject
        ? `referrer ${manifest.annotations['dev.sigstore.bundle.predicateType']}`
        : 'manifest'
      writes.push(tag === undefined ? what : `${what} as ${tag}`)
    },
  })
  return { target: noted, writes }
}

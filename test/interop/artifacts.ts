import { randomBytes } from 'node:crypto'

import type { RegistryEndpoint } from '../stack/registries.ts'
import { plainModule } from './modules.ts'
import type { Workbench } from './workbench.ts'

/** An artifact that was pushed, and the file it was made from. */
export interface Pushed {
  readonly repository: string
  readonly digest: string
  /** With a tag. */
  readonly tagged: string
  /** With the digest. */
  readonly pinned: string
  /** The module as a file of the workbench. */
  readonly file: string
}

/** A repository that no other test writes to. */
export const freshRepository = (registry: RegistryEndpoint): string =>
  `${registry.host}/test/${randomBytes(6).toString('hex')}`

/** Key pairs of this workbench by name: NAME.key and NAME.pub, made by wasmpack. */
export async function generateKeyPair(bench: Workbench, name: string): Promise<void> {
  await bench.wasmpack('generate-key-pair', '--output-key-prefix', name)
}

/** Writes a module and its least-privilege capability manifest into the workbench. */
export async function writeModule(
  bench: Workbench,
  file: string,
  bytes: Uint8Array = plainModule(),
): Promise<void> {
  bench.write(file, bytes)
  await bench.wasmpack('init', file, '--force')
}

/** Pushes a module of the workbench with wasmpack; further arguments such as `--key` follow. */
export async function pushModule(
  bench: Workbench,
  repository: string,
  file: string,
  ...flags: readonly string[]
): Promise<Pushed> {
  const tagged = `${repository}:1.0.0`
  const run = await bench.wasmpack('push', tagged, file, '--format', 'json', ...flags)
  const { digest } = JSON.parse(run.stdout) as { readonly digest: string }
  return { repository, digest, tagged, pinned: `${repository}@${digest}`, file }
}

/** A fresh module, pushed to a fresh repository. */
export async function pushFresh(
  bench: Workbench,
  registry: RegistryEndpoint,
  ...flags: readonly string[]
): Promise<Pushed> {
  const file = `${randomBytes(4).toString('hex')}.wasm`
  await writeModule(bench, file)
  return pushModule(bench, freshRepository(registry), file, ...flags)
}

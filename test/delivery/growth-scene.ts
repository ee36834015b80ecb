import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { CapabilityManifest } from '../../src/capabilities/manifest/manifest.ts'
import { parseCapabilityManifest } from '../../src/capabilities/manifest/manifest-text.ts'
import { admitModule, resolveForAdmission } from '../../src/delivery/admit.ts'
import { approvePublished, type ApproveResult } from '../../src/delivery/approve.ts'
import { openModuleFile } from '../../src/delivery/files/module-file.ts'
import { addGrowthRequirements } from '../../src/delivery/growth.ts'
import { type Policies, readPolicies } from '../../src/delivery/policies.ts'
import { preparePush } from '../../src/delivery/prepare.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import { WasmpackError } from '../../src/errors.ts'
import type { Digest } from '../../src/oci/digest.ts'
import { parseReference } from '../../src/oci/reference.ts'
import type { ReadOnlyTarget } from '../../src/oci/target.ts'
import { openPrivateKey } from '../../src/signing/private-key.ts'
import type { Signer } from '../../src/signing/signer.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { newKeyPair, toPem, toSpki } from '../support/sigstore-in-memory/x509.ts'
import { coreImport, coreImports, func, I32, module, types } from '../support/wasm-builder.ts'
import { EPOCH, temporaryDirectory } from './scene.ts'

export const REPOSITORY = 'harbor.corp.example/team/app'
const PAIRS = { release: newKeyPair(), security: newKeyPair(), deputy: newKeyPair(), other: newKeyPair() }
export type KeyName = keyof typeof PAIRS

export const signerOf = (name: KeyName): Promise<Signer> =>
  openPrivateKey(PAIRS[name].privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, undefined)

/** What a version imports and is granted. */
export interface Asked {
  readonly imports: readonly string[]
  /** YAML below `spec.grants`. */
  readonly grants?: string
}

export const PLAIN: Asked = { imports: ['fd_write'], grants: '{stdio: [stdout]}' }
export const SOCKETS: Asked = {
  imports: ['fd_write', 'sock_accept'],
  grants: '{stdio: [stdout], sockets: {tcp: {listen: ["0.0.0.0:80"]}}}',
}

/** A directory with the keys that policies name. */
export interface GrowthDirectory {
  readonly policies: (...specs: readonly string[]) => Promise<Policies>
}

/** A policy's text by its spec; `kind` is CapabilityPolicy unless it begins with another. */
export function openGrowthDirectory(): GrowthDirectory {
  const at = temporaryDirectory()
  for (const [name, { publicKey }] of Object.entries(PAIRS))
    writeFileSync(join(at, `${name}.pub`), toPem('PUBLIC KEY', toSpki(publicKey)))
  let count = 0
  return {
    policies(...specs) {
      const files = specs.map((spec) => {
        const kind = /^(?:signatures|refuse|summaries)/m.test(spec) ? 'TrustPolicy' : 'CapabilityPolicy'
        const path = join(at, `${++count}.yaml`)
        writeFileSync(
          path,
          `apiVersion: wasmpack.dev/v1alpha1\nkind: ${kind}\nmetadata: {name: p${count}}\nspec:\n${spec.replaceAll(/^/gm, '  ')}\n`,
        )
        return path
      })
      return readPolicies(files, undefined, { environment: {}, home: undefined })
    },
  }
}

const SIGNERS =
  'signers: {release: [{key: release.pub}], security: [{key: security.pub}, {key: deputy.pub}]}\n'
export const growth = (kind: 'never' | 'minor' | 'major' | 'approved', more = ''): string =>
  `${SIGNERS}growth: ${kind}\n${kind === 'approved' ? 'approvedBy: security' : 'signedBy: release'}\n${more}`

export const newRepository = (): MemoryTarget => new MemoryTarget(REPOSITORY)

const capabilities = (grants: string): CapabilityManifest =>
  parseCapabilityManifest(
    `apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityManifest\nmetadata: {name: app}\nspec: {grants: ${grants}, onUnknownImport: warn}\n`,
    'app.yaml',
  )

/** Publishes a version; signed by the release key unless others are named. */
export async function release(
  target: MemoryTarget,
  version: string | undefined,
  { imports, grants = '{}' }: Asked = PLAIN,
  {
    tag = version!,
    signers = ['release'],
  }: { readonly tag?: string; readonly signers?: readonly KeyName[] } = {},
): Promise<Digest> {
  const path = join(temporaryDirectory(), 'app.wasm')
  const type = func([I32, I32, I32, I32], [I32])
  const all = imports.map((name) =>
    coreImport(
      name.includes('.') ? name.split('.')[0]! : 'wasi_snapshot_preview1',
      name.split('.').at(-1)!,
      0,
      0,
    ),
  )
  writeFileSync(path, module(types(type), coreImports(...all)))
  const file = await openModuleFile(path)
  try {
    const annotations = version === undefined ? {} : { 'org.opencontainers.image.version': version }
    const options = { title: 'app.wasm', capabilities: capabilities(grants), annotations, created: EPOCH }
    const prepared = await preparePush(file, options)
    if (!prepared.verdict.allowed) throw new Error(prepared.verdict.findings[0]!.message)
    const publish = async (name?: KeyName): Promise<Digest> => {
      const signing = name === undefined ? {} : { signer: await signerOf(name), witnesses: [] }
      return (await publishArtifact(prepared, { target, tags: [tag], signedAt: EPOCH, ...signing }, {}))
        .digest
    }
    let digest = await publish(signers[0])
    for (const name of signers.slice(1)) digest = await publish(name)
    return digest
  } finally {
    await file.close()
  }
}

/** Days after the beginning of 2026. */
export const day = (number: number): string => new Date(Date.UTC(2026, 0, number)).toISOString()

export const approve = async (
  target: MemoryTarget,
  digest: Digest,
  {
    at = day(2),
    by = 'security',
    repository = REPOSITORY,
    list = target,
  }: {
    readonly at?: string
    readonly by?: KeyName
    readonly repository?: string
    readonly list?: MemoryTarget
  } = {},
): Promise<ApproveResult> =>
  approvePublished(
    {
      target,
      reference: parseReference(`${REPOSITORY}@${digest}`),
      name: digest,
      flags: '',
      openSigning: async () => ({ signer: await signerOf(by), witnesses: [] }),
      signedAt: at,
      approved: { repository, target: list },
    },
    {},
  )

/** `admitted`, or why not. */
export async function judge(
  target: ReadOnlyTarget,
  reference: string,
  policies: Policies,
  isKnown = true,
): Promise<string> {
  try {
    const repository = isKnown ? REPOSITORY : undefined
    const inForce = policies.of(repository)
    const trust = policies.trust.of(repository)
    const requirements = inForce.map(({ requirement }) => requirement)
    const request = {
      verifier: 'ignored',
      trustPolicies: trust,
      capabilityCheck: 'if-embedded',
      requirements,
    } as const
    const resolved = await resolveForAdmission(target, reference, request, {})
    const scope = { policies: inForce, trust, repository }
    const opened = await addGrowthRequirements(target, resolved, [scope], {})
    const { verdict } = await admitModule(target, opened, undefined, {})
    if (verdict === undefined || verdict.allowed) return 'admitted'
    return verdict.findings
      .filter(({ severity }) => severity === 'error')
      .map(({ message }) => message)
      .join('\n')
  } catch (error) {
    if (error instanceof WasmpackError) return `${error.code}: ${error.message}`
    throw error
  }
}

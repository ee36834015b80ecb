import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { enforceTrust } from '../../src/delivery/enforce-trust.ts'
import { parsePolicies } from '../../src/delivery/policy-documents.ts'
import { type AppliedTrust, createTrustPolicies } from '../../src/delivery/trust-policies.ts'
import { WasmpackError } from '../../src/errors.ts'
import type { Manifest } from '../../src/oci/manifest.ts'
import { attach, manifestOf, pushArtifact, statementFor } from '../signing/scene.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { START } from '../support/sigstore-in-memory/certificate-authority.ts'
import { type SigningOptions, TestSigstore } from '../support/sigstore-in-memory/instance.ts'
import { newKeyPair, toPem, toSpki } from '../support/sigstore-in-memory/x509.ts'
import { temporaryDirectory } from './scene.ts'

export const REPOSITORY = 'harbor.corp.example/team/app'
export const ISSUER = 'https://sso.example.com'
export const DAY = 86_400_000
export const NOW = new Date(START.getTime() + 30 * DAY)
export const corp = new TestSigstore()
export const other = new TestSigstore()
export const KEYS = { a: newKeyPair(), b: newKeyPair(), c: newKeyPair() }
export type KeyName = keyof typeof KEYS

/** A directory with the keys and roots that policies name, where policy files may be put. */
export function openDirectory(): {
  readonly at: string
  apply: (...files: readonly string[]) => AppliedTrust
} {
  const at = temporaryDirectory()
  for (const [name, { publicKey }] of Object.entries(KEYS))
    writeFileSync(join(at, `${name}.pub`), toPem('PUBLIC KEY', toSpki(publicKey)))
  writeFileSync(join(at, 'corp.json'), JSON.stringify(corp.rootJson()))
  writeFileSync(join(at, 'other.json'), JSON.stringify(other.rootJson()))
  return { at, apply: (...files) => applyIn(at, files) }
}

export const applyIn = (
  at: string,
  files: readonly string[],
  repository: string | undefined = REPOSITORY,
): AppliedTrust =>
  createTrustPolicies(
    files.flatMap((text, index) => parsePolicies(text, join(at, `${index}.yaml`)).trust),
  ).of(repository)

export const policy = (spec: string, name = 'corp'): string =>
  `apiVersion: wasmpack.dev/v1alpha1\nkind: TrustPolicy\nmetadata: {name: ${name}}\nspec:\n${spec.replaceAll(/^/gm, '  ')}\n`

/** An artifact in memory. */
export interface Artifact {
  readonly target: MemoryTarget
  readonly manifest: Manifest
}

export async function newArtifact(
  annotations: Readonly<Record<string, string>> = {},
  target = new MemoryTarget(),
  tag = '1',
): Promise<Artifact> {
  const plain = await pushArtifact(target)
  const { config, layers } = plain
  const manifest = manifestOf({ config, layers, annotations })
  await target.pushManifest(manifest, tag)
  return { target, manifest }
}

export const versioned = (version: string, target?: MemoryTarget): Promise<Artifact> =>
  newArtifact({ 'org.opencontainers.image.version': version }, target, version)

export async function sign(
  { target, manifest }: Artifact,
  options: SigningOptions & { readonly hint?: string; readonly instance?: TestSigstore } = {},
): Promise<void> {
  const { instance = corp, hint, ...rest } = options
  const bundle = instance.sign({ payload: statementFor(manifest), ...rest })
  if (hint !== undefined) bundle['verificationMaterial'].publicKey = { hint }
  await attach(target, manifest, JSON.stringify(bundle))
}

/** What an attestation of a test states, and under which annotation it is listed. */
export interface Attested extends SigningOptions {
  readonly type?: string
  readonly predicate?: unknown
  readonly annotation?: string
  /** Another artifact, which it is about in place of this one. */
  readonly about?: Manifest
  readonly subjects?: readonly object[]
}

export const PROVENANCE = 'https://slsa.dev/provenance/v1'

export async function attest({ target, manifest }: Artifact, options: Attested = {}): Promise<void> {
  const {
    type = PROVENANCE,
    predicate = {},
    annotation = type,
    about = manifest,
    subjects,
    ...rest
  } = options
  const payload = statementFor(about, {
    predicateType: type,
    predicate,
    ...(subjects && { subject: subjects }),
  })
  await attach(target, manifest, JSON.stringify(corp.sign({ payload, ...rest })), annotation)
}

export const byKey = (name: KeyName): SigningOptions => ({ withKey: true, pair: KEYS[name], entries: [] })
export const stampedAt = (time: Date): SigningOptions => ({
  entries: [],
  timestamps: [(signature) => corp.timestamps.stamp(signature, time)],
})

/** `admitted`, or why not. */
export async function judge(
  { target, manifest }: Artifact,
  applied: AppliedTrust,
  now = NOW,
): Promise<string> {
  try {
    await enforceTrust(target, manifest, applied, {}, now)
    return 'admitted'
  } catch (error) {
    if (error instanceof WasmpackError) return `${error.code}: ${error.message}; ${error.hint}`
    throw error
  }
}

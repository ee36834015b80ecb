import type { ArtifactForm } from '../../../src/artifact/profiles/profile.ts'
import { evaluateAll } from '../../../src/capabilities/evaluate/evaluate.ts'
import { inferCapabilityManifest } from '../../../src/capabilities/init/infer-manifest.ts'
import type { ResourceLimits } from '../../../src/capabilities/manifest/constraints.ts'
import type { CapabilityManifest } from '../../../src/capabilities/manifest/manifest.ts'
import { parseCapabilityManifest } from '../../../src/capabilities/manifest/manifest-text.ts'
import { collectBounds } from '../../../src/gitops/render/bounds.ts'
import { RENDER_TARGETS, renderModule } from '../../../src/gitops/render/render.ts'
import type { Rendered, RenderOptions, RenderTarget } from '../../../src/gitops/render/target.ts'
import type { Inspection } from '../../../src/wasm/types/inspection.ts'
import { type Digest, parseDigest } from '../../../src/oci/digest.ts'
import { fixtureCapabilities, readFixture } from '../../support/fixtures.ts'
import { inspectBytes } from '../../wasm/inspecting.ts'

export const DIGEST: Digest = parseDigest(`sha256:${'3ed2b3ef'.repeat(8)}`)

export const findTarget = (name: string): RenderTarget => RENDER_TARGETS.find((one) => one.name === name)!

export interface RenderScene {
  /** Of the spec, as YAML on one line or in a flow mapping; the fixture's own if absent. */
  readonly spec?: string
  /** A second capability manifest, which narrows the first. */
  readonly narrowedBy?: string
  readonly policyLimits?: readonly ResourceLimits[]
  readonly form?: ArtifactForm
  readonly options?: Partial<RenderOptions>
  readonly tag?: string
}

const manifest = (spec: string): CapabilityManifest =>
  parseCapabilityManifest(
    `apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityManifest\nmetadata: {name: test}\nspec: ${spec}\n`,
    'test.yaml',
  )

/** What a target wants for a module, if its capability manifests admit it. */
export function render(
  inspection: Inspection,
  target: RenderTarget,
  scene: RenderScene & { spec: string },
): Rendered {
  const manifests = [
    manifest(scene.spec),
    ...(scene.narrowedBy === undefined ? [] : [manifest(scene.narrowedBy)]),
  ]
  return renderManifests(inspection, target, manifests, scene)
}

/** The same by capability manifests that were read already. */
export function renderManifests(
  inspection: Inspection,
  target: RenderTarget,
  manifests: readonly CapabilityManifest[],
  { policyLimits = [], form, options = {}, tag }: RenderScene,
): Rendered {
  const verdict = evaluateAll({ inspection }, manifests)
  if (!verdict.allowed)
    throw new Error(`not admitted: ${verdict.findings.map(({ message }) => message).join('; ')}`)
  return renderModule(target, {
    reference: { repository: 'registry.example.com/team/app', tag, digest: DIGEST },
    form: form ?? (target.forms === 'any' ? 'wasm' : target.forms[0]!),
    inspection,
    bounds: collectBounds({ inspection, verdict, manifests, policyLimits }),
    options: { name: 'app', ...options },
  })
}

const inspected = new Map<string, Promise<Inspection>>()

function inspectFixture(name: string): Promise<Inspection> {
  const inspection = inspected.get(name) ?? inspectBytes(readFixture(name))
  inspected.set(name, inspection)
  return inspection
}

/** The capability manifest of a fixture: of the spec, its own, or what it needs at least. */
export async function readFixtureManifest(
  name: string,
  { spec }: Pick<RenderScene, 'spec'>,
): Promise<CapabilityManifest> {
  if (spec !== undefined) return manifest(spec)
  const text = fixtureCapabilities(name)
  return text === undefined
    ? inferCapabilityManifest(await inspectFixture(name), { name: 'test' })
    : parseCapabilityManifest(text, `${name}.capabilities.yaml`)
}

/** The same for a fixture. */
export async function renderFixture(
  name: string,
  target: string,
  scene: RenderScene = {},
): Promise<Rendered> {
  const { narrowedBy } = scene
  const manifests = [
    await readFixtureManifest(name, scene),
    ...(narrowedBy === undefined ? [] : [manifest(narrowedBy)]),
  ]
  return renderManifests(await inspectFixture(name), findTarget(target), manifests, scene)
}

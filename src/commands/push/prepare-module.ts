import { basename } from 'node:path'

import { isSafeFileName } from '../../artifact/title.ts'
import type { Attestation } from '../../delivery/attest.ts'
import { findCapabilityFile } from '../../delivery/files/capability-file.ts'
import type { ModuleFile } from '../../delivery/files/module-file.ts'
import type { PolicyInForce } from '../../delivery/policies.ts'
import { preparePush, type PreparedPush } from '../../delivery/prepare.ts'
import { quoted } from '../../printable.ts'
import { listProxyWasmVersions } from '../../wasm/entry-points.ts'
import type { Context } from '../cli/command.ts'
import { parseAnnotationFlags } from '../flags/annotations.ts'
import type { CapabilityFlags } from '../flags/capabilities.ts'
import { EPOCH, type PackingFlags } from '../flags/packing.ts'
import { type ProfileFlags, readProfileFlags } from '../flags/profile.ts'
import { reportDenial } from '../show/verdict.ts'

export interface PrepareFlags extends CapabilityFlags, PackingFlags, ProfileFlags {}

/** Reads and validates the module; throws CAPABILITY_DENIED after printing every finding. */
export async function prepareModule(
  module: ModuleFile,
  policies: readonly PolicyInForce[],
  flags: PrepareFlags,
  { reporter, signal, environment }: Context,
): Promise<PreparedPush> {
  const profile = readProfileFlags(flags)
  const environmentCreated = environment.readCreated()
  const capabilities = await findCapabilityFile(module.path, flags.capabilities, signal)
  const title = basename(module.path)
  const prepared = await preparePush(module, {
    profile,
    title,
    capabilities: capabilities.manifest,
    requirements: policies.map(({ requirement }) => requirement),
    annotations: parseAnnotationFlags(flags.annotation ?? []),
    created: flags.created ?? environmentCreated ?? EPOCH,
    artifactType: flags.artifactType,
  })
  if (!prepared.verdict.allowed)
    throw reportDenial(reporter, module.path, capabilities.path, prepared.verdict)
  for (const warning of prepared.verdict.findings) reporter.warn(warning.message)
  if (!isSafeFileName(title))
    reporter.warn(
      `pull --output-dir will refuse the title ${quoted(title)}, which is not a safe .wasm file name: rename the file, for example to app.wasm`,
    )
  if (profile.form === 'wasm' && listProxyWasmVersions(prepared.inspection).length > 0)
    reporter.notice(
      'hint: Istio and Envoy Gateway do not read this form of a Proxy-Wasm filter: push it with --profile image',
    )
  if (profile.form === 'image' && profile.platform.architecture === 'wasm')
    reporter.warn(
      'pods do not start with an image for this platform, whose layers containerd does not unpack: leave out --platform',
    )
  return prepared
}

/** The bill of materials of a module, to be attested; what could not be read of it is a warning. */
export async function buildSbom(
  module: ModuleFile,
  prepared: PreparedPush,
  { reporter, environment }: Context,
): Promise<Attestation> {
  const { attestMaterials } = await import('../../delivery/bill-of-materials.ts')
  const options = { name: basename(module.path), created: environment.readCreated() }
  const { attestation, problems } = await attestMaterials(module, prepared, options)
  for (const problem of problems) reporter.warn(problem)
  return attestation
}

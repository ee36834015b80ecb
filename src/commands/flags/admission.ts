import type { Command } from 'commander'

import type { AdmissionRequest } from '../../delivery/admit.ts'
import { readCapabilityFile } from '../../delivery/files/capability-file.ts'
import type { OptionalTrust } from '../../delivery/trust.ts'
import type { Context } from '../cli/command.ts'
import { addCapabilitiesOption, type CapabilityFlags } from './capabilities.ts'
import { addInsecureIgnoreSignature, addTrustOptions, readTrustOrIgnore, type TrustFlags } from './trust.ts'
import { exclusiveOptions } from './exclusive.ts'

export interface AdmissionFlags extends CapabilityFlags, TrustFlags {
  readonly insecureIgnoreCapabilities?: boolean
}

/** Adds the options of the checks that are made before an artifact is handed over. */
export const addAdmissionOptions = (command: Command, capabilities: string): Command =>
  addCapabilitiesOption(addInsecureIgnoreSignature(addTrustOptions(command)), capabilities).option(
    '--insecure-ignore-capabilities',
    'skip the capability check',
  )

/** The checks that every artifact of a run must pass. */
export interface AdmissionRules {
  readonly trust: OptionalTrust
  readonly checks: Omit<AdmissionRequest, 'verifier' | 'requirements'>
}

/** The checks by the flags. One that they turn off is a warning. */
export async function readAdmissionRules(flags: AdmissionFlags, context: Context): Promise<AdmissionRules> {
  const { reporter, signal } = context
  const trust = await readTrustOrIgnore(flags, context)
  const file = flags.capabilities
  if (file !== undefined && flags.insecureIgnoreCapabilities)
    throw exclusiveOptions('-c', '--insecure-ignore-capabilities')
  const capabilities = file === undefined ? undefined : (await readCapabilityFile(file, signal)).manifest
  if (flags.insecureIgnoreSignature)
    reporter.warn('signatures are not verified (--insecure-ignore-signature)')
  if (flags.insecureIgnoreCapabilities)
    reporter.warn('capabilities are not checked (--insecure-ignore-capabilities)')
  const capabilityCheck = flags.insecureIgnoreCapabilities ? 'ignored' : 'required'
  return { trust, checks: { capabilities, capabilityCheck } }
}

/** Names the capability manifests that a module was checked against. */
export const describeGrantSource = ({ capabilities }: CapabilityFlags): string =>
  capabilities === undefined
    ? 'its embedded capability manifest'
    : `its embedded capability manifest or ${capabilities}`

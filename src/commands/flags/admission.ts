import type { Command } from 'commander'

import type { AdmissionRequest } from '../../delivery/admit.ts'
import { readCapabilityFile } from '../../delivery/files/capability-file.ts'
import type { OptionalTrust } from '../../delivery/trust.ts'
import { WasmpackError } from '../../errors.ts'
import type { Context } from '../cli/command.ts'
import { addCapabilitiesOption, type CapabilityFlags } from './capabilities.ts'
import { addInsecureIgnoreSignature, addTrustOptions, readTrustOrIgnore, type TrustFlags } from './trust.ts'

export interface AdmissionFlags extends CapabilityFlags, TrustFlags {
  readonly insecureIgnoreCapabilities?: boolean
}

/** Adds the options of the checks that are made before an artifact is handed over. */
export const addAdmissionOptions = (command: Command, capabilities: string): Command =>
  addCapabilitiesOption(addInsecureIgnoreSignature(addTrustOptions(command)), capabilities).option(
    '--insecure-ignore-capabilities',
    'skip the capability check',
  )

/** What has to hold before any artifact of a run is handed over. */
export interface AdmissionRules {
  readonly trust: OptionalTrust
  readonly checks: Omit<AdmissionRequest, 'verifier' | 'requirements'>
}

/** The rules by the flags. A check that they leave out is a warning. */
export async function readAdmissionRules(
  flags: AdmissionFlags,
  { reporter, signal }: Context,
): Promise<AdmissionRules> {
  const trust = await readTrustOrIgnore(flags)
  const file = flags.capabilities
  if (file !== undefined && flags.insecureIgnoreCapabilities)
    throw new WasmpackError('USAGE', '-c and --insecure-ignore-capabilities exclude each other', {
      hint: 'leave one of them out',
    })
  const capabilities = file === undefined ? undefined : (await readCapabilityFile(file, signal)).manifest
  if (flags.insecureIgnoreSignature) reporter.warn('signatures are not verified')
  if (flags.insecureIgnoreCapabilities) reporter.warn('imports are not checked against a capability manifest')
  const capabilityCheck = flags.insecureIgnoreCapabilities ? 'ignored' : 'required'
  return { trust, checks: { capabilities, capabilityCheck } }
}

/** Whose grants a module was held to, for the words of a refusal. */
export const describeGrantSource = ({ capabilities }: CapabilityFlags): string =>
  capabilities === undefined
    ? 'the capability manifest that it carries'
    : `its capability manifest or ${capabilities}`

import type { Command } from 'commander'

import type { AdmissionRequest } from '../../delivery/admit.ts'
import { readCapabilityFile } from '../../delivery/files/capability-file.ts'
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

/** What has to hold before an artifact is handed over, by the flags. A check that they leave out is a warning. */
export async function readAdmissionRequest(
  flags: AdmissionFlags,
  { reporter, signal }: Context,
): Promise<AdmissionRequest> {
  const verifier = await readTrustOrIgnore(flags)
  const file = flags.capabilities
  if (file !== undefined && flags.insecureIgnoreCapabilities)
    throw new WasmpackError('USAGE', '-c and --insecure-ignore-capabilities exclude each other', {
      hint: 'leave one of them out',
    })
  const capabilities = file === undefined ? undefined : (await readCapabilityFile(file, signal)).manifest
  if (verifier === 'ignored') reporter.warn('signatures are not verified')
  if (flags.insecureIgnoreCapabilities) reporter.warn('imports are not checked against a capability manifest')
  return {
    verifier,
    capabilities,
    capabilityCheck: flags.insecureIgnoreCapabilities ? 'ignored' : 'required',
  }
}

/** Whose grants a module was held to, for the words of a refusal. */
export const describeGrantSource = ({ capabilities }: CapabilityFlags): string =>
  capabilities === undefined
    ? 'the capability manifest that it carries'
    : `its capability manifest or ${capabilities}`

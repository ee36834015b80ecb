import type { Command } from 'commander'

import type { AdmissionRules } from '../../delivery/admit-reference.ts'
import type { Context } from '../cli/command.ts'
import { type AdmissionFlags, readAdmissionRules } from './admission.ts'
import { addCacheOption, type CacheFlags, readSourceOpener } from './cache.ts'
import { addCapabilitiesOption } from './capabilities.ts'
import { type PolicyFlags, readPolicyFlags } from './policies.ts'
import { collectValues } from './repeated.ts'
import { addTransportOptions } from './transport.ts'
import { addInsecureIgnoreSignature, addTrustOptions } from './trust.ts'

export interface AdmissionOfRunFlags
  extends Omit<AdmissionFlags, 'insecureIgnoreCapabilities'>, Pick<PolicyFlags, 'policy'>, CacheFlags {}

/** The options that decide which artifacts of registries a run admits; `addTrust` adds those that say who must have signed. */
export const addAdmissionOfRunOptions = (
  command: Command,
  addTrust: (command: Command) => Command = addTrustOptions,
): Command =>
  addCacheOption(
    addTransportOptions(
      addCapabilitiesOption(
        addInsecureIgnoreSignature(addTrust(command)),
        'additional capability manifest that every module must satisfy, - for stdin',
      ).option('--policy <file>', 'additional file of policies (repeatable)', collectValues),
    ),
  )

export async function readAdmissionOfRun(
  flags: AdmissionOfRunFlags,
  context: Context,
): Promise<AdmissionRules> {
  return {
    ...(await readAdmissionRules(flags, context)),
    policies: await readPolicyFlags(flags, context.signal),
    openSource: await readSourceOpener(flags, context),
  }
}

import { readArgoCdSource } from '../../config/argocd-variables.ts'
import { chooseVerifier } from '../../delivery/trust-policies.ts'
import { verifyArtifact } from '../../delivery/verify.ts'
import { WasmpackError } from '../../errors.ts'
import { isDigest } from '../../oci/digest.ts'
import { formatRepository, parseReference } from '../../oci/reference.ts'
import type { Context } from '../cli/command.ts'
import { type AdmissionOfRunFlags, readAdmissionOfRun } from '../flags/admission-of-run.ts'

const SCHEME = 'oci://'

/**
 * Verifies the signature of the bundle that an Argo CD application comes from, which Argo CD itself does not. Throws what `verify`
 * would, and USAGE where Argo CD names no digest.
 */
export async function verifySource(flags: AdmissionOfRunFlags, context: Context): Promise<void> {
  const source = readArgoCdSource()
  if (source === undefined || !source.url.startsWith(SCHEME)) return
  const reference = parseReference(source.url)
  if (reference.kind !== 'registry' || !isDigest(source.revision))
    throw new WasmpackError('USAGE', 'Argo CD names no digest for its OCI source', {
      hint: 'ARGOCD_APP_REVISION has to be the digest that the target revision resolved to',
    })
  const { trust, policies, openSource } = await readAdmissionOfRun(flags, context)
  const repository = formatRepository(reference)
  const trustPolicies = policies.trust.of(repository)
  const target = await openSource(reference)
  const demand = { verifier: chooseVerifier(trust, trustPolicies, repository), trustPolicies }
  await verifyArtifact(target, source.revision, demand, { signal: context.signal })
}

import { verifyContents } from '../delivery/admit.ts'
import { verifyAttestedContents } from '../delivery/verify-attestations.ts'
import { chooseVerifier, leaveOutRefused } from '../delivery/trust-policies.ts'
import { runForEachReference } from './cli/each-reference.ts'
import { type CacheFlags, readSourceOpener, addCacheOption } from './flags/cache.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { parsePredicateType, TYPE_VALUES } from './flags/attestations.ts'
import { addOutputOptions } from './flags/output.ts'
import {
  addPolicyOptions,
  choosePolicyRepository,
  type PolicyFlags,
  readPolicyFlags,
} from './flags/policies.ts'
import { parseTagOrDigest } from './flags/references.ts'
import { collectValues } from './flags/repeated.ts'
import { addTransportOptions } from './flags/transport.ts'
import { readTrustFlags, type TrustFlags, addTrustOptions } from './flags/trust.ts'
import { describeAttestations, toAttestationsJson } from './show/attestations.ts'
import { describeAttested, toTrustJson, warnOfWaivers } from './show/trust.ts'
import { describeVerification, toVerificationJson } from './show/verification.ts'

interface Flags extends OutputFlags, CacheFlags, PolicyFlags, TrustFlags {
  readonly attestation?: readonly string[]
}

export const verifyCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Verify that an artifact is signed with one of the given keys, or by the given identity, for the digest that the reference
resolves to, and as the trust policies in force ask.
Signatures are searched in both the referrers API and the referrers tag. The layers of an image and the manifests of an index
are read as well: they must hold exactly one module, the same for every reader.`,
    )
    .argument('<reference...>', 'artifacts by tag or digest')
    .option(
      '--attestation <type>',
      `verify that there is an attestation of this type, in place of a signature (repeatable): ${TYPE_VALUES}`,
      collectValues,
    )
    .action(async (texts: readonly string[], flags: Flags) => {
      const context = createContext(flags)
      const types = flags.attestation?.map((type) => parsePredicateType(type, '--attestation')) ?? []
      const trust = await readTrustFlags(flags, context)
      const policies = await readPolicyFlags(flags, context.signal)
      const openSource = await readSourceOpener(flags, context)
      await runForEachReference(texts, context, async (text) => {
        const { reference, name } = parseTagOrDigest(text)
        const repository = choosePolicyRepository(flags, reference)
        const trustPolicies = policies.trust.of(repository)
        const target = await openSource(reference)
        const { signal } = context
        if (types.length > 0) {
          const verifier = leaveOutRefused(trust.of(repository), trustPolicies)
          const asked = { verifier, trustPolicies }
          const attested = await verifyAttestedContents(target, name, asked, types, { signal })
          const { digest } = attested.manifest
          const url = `${target.name}@${digest}`
          warnOfWaivers(url, attested.trust, context.reporter)
          const verifications = toAttestationsJson(attested.verifications)
          return {
            json: {
              url,
              repository: target.name,
              digest,
              ...verifications,
              ...toTrustJson(attested.trust),
            },
            text: describeAttestations(url, attested.verifications),
          }
        }
        const demand = { verifier: chooseVerifier(trust, trustPolicies, repository), trustPolicies }
        const verified = await verifyContents(target, name, demand, { signal })
        const { verification } = verified
        const { digest } = verified.manifest
        const url = `${target.name}@${digest}`
        warnOfWaivers(url, verified.trust, context.reporter)
        return {
          json: {
            url,
            repository: target.name,
            digest,
            ...toVerificationJson(verification),
            ...toTrustJson(verified.trust),
          },
          text: [describeVerification(url, verification), ...describeAttested(verified.trust)].join('\n'),
        }
      })
    })
  addExamples(
    addOutputOptions(addCacheOption(addTransportOptions(addPolicyOptions(addTrustOptions(command))))),
    'wasmpack verify registry.example.com/team/app:1.0.0 --key cosign.pub',
    'wasmpack verify registry.example.com/team/app:1.0.0 --key cosign.pub --attestation cyclonedx',
    'wasmpack verify registry.example.com/team/app:1.0.0 --certificate-identity dev@example.com --certificate-oidc-issuer https://sso.example.com/realms/dev --trusted-root trusted_root.json',
  )
}

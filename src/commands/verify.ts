import { verifyContents } from '../delivery/admit.ts'
import { runForEachReference } from './cli/each-reference.ts'
import { type CacheFlags, readSourceOpener, addCacheOption } from './flags/cache.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { choosePolicyRepository } from './flags/policies.ts'
import { parseTagOrDigest } from './flags/references.ts'
import { addTransportOptions } from './flags/transport.ts'
import { readTrustFlags, type TrustFlags, addTrustOptions } from './flags/trust.ts'
import { describeVerification, toVerificationJson } from './show/verification.ts'

export const verifyCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Verify that an artifact is signed with one of the given keys, or by the given identity, for the digest that the reference
resolves to.
Signatures are searched in both the referrers API and the referrers tag. The layers of an image and the manifests of an index
are read as well: they must hold exactly one module, the same for every reader.`,
    )
    .argument('<reference...>', 'artifacts by tag or digest')
    .action(async (texts: readonly string[], flags: OutputFlags & CacheFlags & TrustFlags) => {
      const context = createContext(flags)
      const trust = await readTrustFlags(flags, context)
      const openSource = await readSourceOpener(flags, context)
      await runForEachReference(texts, context, async (text) => {
        const { reference, name } = parseTagOrDigest(text)
        const verifier = trust.of(choosePolicyRepository({}, reference))
        const target = await openSource(reference)
        const { signal } = context
        const { manifest, verification } = await verifyContents(target, name, verifier, { signal })
        const { digest } = manifest
        const url = `${target.name}@${digest}`
        return {
          json: { url, repository: target.name, digest, ...toVerificationJson(verification) },
          text: describeVerification(url, verification),
        }
      })
    })
  addExamples(
    addOutputOptions(addCacheOption(addTransportOptions(addTrustOptions(command)))),
    'wasmpack verify registry.example.com/team/app:1.0.0 --key cosign.pub',
    'wasmpack verify registry.example.com/team/app:1.0.0 --certificate-identity dev@example.com --certificate-oidc-issuer https://sso.example.com/realms/dev --trusted-root trusted_root.json',
  )
}

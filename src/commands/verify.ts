import { describeManifest } from '../oci/manifest.ts'
import { verifySignatures } from '../attestations/verify.ts'
import { eachReference } from './cli/each-reference.ts'
import { type CacheFlags, readSourceOpener, withCache } from './flags/cache.ts'
import { type OutputFlags, type Define, withExamples } from './cli/command.ts'
import { withOutput } from './flags/output.ts'
import { parseNamedReference } from './flags/references.ts'
import { withTransport } from './flags/transport.ts'
import { readTrust, type TrustFlags, withTrust } from './flags/trust.ts'
import { describeVerification, verificationJson } from './show/verification.ts'

export const verify: Define = (command, begin) => {
  command
    .description(
      `Check that an artifact was signed by one of the keys given, for exactly the digest that the reference names now.
Looks in every place where signatures may be: the referrers API and the fallback tag.`,
    )
    .argument('<reference...>', 'artifacts by tag or digest')
    .action(async (texts: readonly string[], flags: OutputFlags & CacheFlags & TrustFlags) => {
      const context = begin(flags)
      const trust = await readTrust(flags)
      const openSource = await readSourceOpener(flags, context)
      await eachReference(texts, context, async (text) => {
        const { reference, name } = parseNamedReference(text)
        const target = await openSource(reference)
        const subject = describeManifest(await target.manifest(name, { signal: context.signal }))
        const verification = await verifySignatures(target, subject, trust, { signal: context.signal })
        const url = `${target.name}@${subject.digest}`
        return {
          json: { url, repository: target.name, digest: subject.digest, ...verificationJson(verification) },
          text: describeVerification(url, verification),
        }
      })
    })
  withExamples(
    withOutput(withCache(withTransport(withTrust(command)))),
    'wasmpack verify registry.example.com/team/app:1.0.0 --key cosign.pub',
  )
}

import type { PublishResult } from '../../delivery/publish.ts'
import type { Signing } from '../../signing/signing.ts'
import type { Context } from '../cli/command.ts'

/** Says what a push did not write or sign, and what its tags mean to other tools. */
export function reportPublished(
  { written, signature, legacySignature, attestation, attestations = [] }: PublishResult,
  {
    url,
    tags,
    signing,
  }: { readonly url: string; readonly tags: readonly string[]; readonly signing: Signing | undefined },
  { reporter }: Context,
): void {
  const attached = [signature, legacySignature, attestation, ...attestations].some((one) => one?.written)
  if (!written)
    reporter.notice(
      attached
        ? 'signed: the tags already point to this artifact; missing signatures and attestations were attached'
        : 'unchanged: all tags already point to this artifact',
    )
  if (!signing)
    reporter.notice(
      'not signed: pass --key or --keyless to sign; pull and verify reject unsigned artifacts by default',
    )
  for (const tag of tags.filter((tag) => /^v\d+\.\d+\.\d+/.test(tag)))
    reporter.notice(
      `hint: wkg ignores versions with a leading v; add a tag without it: wasmpack tag ${url} ${tag.slice(1)}`,
    )
}

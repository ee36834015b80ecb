import { WasmpackError } from '../../../errors.ts'
import type { HttpResponse } from '../../../http/response.ts'
import { type Digest, getDigestAlgorithm, isDigest } from '../../digest.ts'

/** Throws DIGEST_MISMATCH if Docker-Content-Digest differs; one of another algorithm is ignored. */
export function checkDigestHeader(
  response: HttpResponse,
  digest: Digest,
  { registry }: { readonly registry: string },
): void {
  const announced = response.header('docker-content-digest') ?? ''
  if (!isDigest(announced) || getDigestAlgorithm(announced) !== getDigestAlgorithm(digest)) return
  if (announced === digest) return
  throw new WasmpackError(
    'DIGEST_MISMATCH',
    `registry ${registry} returned the digest ${announced}, expected ${digest}`,
    {
      hint: 'the registry holds other content than was requested or sent; nothing was kept',
      details: { expected: digest, found: announced },
    },
  )
}

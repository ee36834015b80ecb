import { codeOf, refusal } from '../asked.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../documents.ts'
import { ZOT_ACCOUNTS } from './zot-gate.ts'
import type { Personality } from './personality.ts'

/** zot 2.1. */
export const ZOT: Personality = {
  switches: {
    auth: ZOT_ACCOUNTS,
    location: 'relative',
    singlePost: 201,
    dedupe: true,
    chunkedPut: false,
    brokenUpload: 'lost',
    accept: false,
    etag: 'none',
    checksBlobs: 'known-configs',
    manifestTypes: [OCI_MANIFEST, OCI_INDEX],
    manifestLimit: { bytes: 4 * 1024 * 1024, status: 413 },
    tagQuery: true,
    filters: true,
  },
  spoken: (_, reply) =>
    codeOf(reply) === 'MANIFEST_BLOB_UNKNOWN' ? refusal(400, 'MANIFEST_INVALID', 'manifest invalid') : reply,
}

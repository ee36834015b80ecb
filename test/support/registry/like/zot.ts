import { OCI_INDEX, OCI_MANIFEST } from '../documents.ts'
import type { Personality } from './personality.ts'
import { ZOT_ACCOUNTS } from './zot-gate.ts'
import { MANIFEST_LIMIT, speakAsZot } from './zot-words.ts'

/** zot 2.1. */
export const ZOT: Personality = {
  switches: {
    auth: ZOT_ACCOUNTS,
    location: 'relative',
    singlePost: 201,
    dedupe: true,
    chunkedPut: false,
    putFromStart: true,
    brokenUpload: 'forgotten',
    accept: false,
    etag: 'none',
    checksBlobs: 'known-configs',
    manifestTypes: [OCI_MANIFEST, OCI_INDEX],
    manifestLimit: { bytes: MANIFEST_LIMIT, status: 413 },
    invalidTag: 201,
    tagQuery: true,
    blobDelete: 'unused',
    filters: true,
    noTags: 'empty',
    unknownLast: 404,
    repositoryBegins: 'upload',
  },
  spoken: speakAsZot,
}

import type { Personality } from './personality.ts'

const MANIFEST_LIMIT = 4 * 1024 * 1024

/** distribution 3: no referrers API, no deletion unless it is allowed in its configuration. */
export const DISTRIBUTION: Personality = {
  switches: {
    location: 'absolute',
    bareNotModified: true,
    referrersApi: false,
    manifestLimit: { bytes: MANIFEST_LIMIT, status: 400 },
    manifestDelete: 405,
    tagDelete: 405,
    blobDelete: 405,
  },
}

/** docker-registry 2.8, which is the storage of Harbor too: it knows nothing of an upload that broke off. */
export const DOCKER_REGISTRY: Personality = {
  switches: {
    ...DISTRIBUTION.switches,
    brokenUpload: 'lost',
    contentRange: false,
    rangeBeyond: 'hangs',
    tagPages: false,
  },
}

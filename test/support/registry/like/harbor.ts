import { GO_CHARSET_SPELLING } from '../asked.ts'
import { MANIFEST_LIMIT, MANIFEST_TYPES } from './distribution.ts'
import { speakAsHarbor } from './harbor-words.ts'
import { webServer } from './nginx.ts'
import type { Personality } from './personality.ts'
import type { HarborAuth } from '../auth-switches.ts'

const PUSH = { priv: 'push', pub: 'push', ct: 'push', imm: 'push', quo: 'push', px: 'push' } as const

/**
 * An administrator, a robot for everything, robots for one project: one that pushes, one that only pulls and two that are
 * of no use any more; projects with each of the rules that refuse.
 */
export const HARBOR_ACCOUNTS: HarborAuth = {
  kind: 'harbor',
  accounts: [
    { username: 'admin', password: 'admin-password', rights: 'administrator' },
    { username: 'robot$ci', password: 'ci-password', rights: PUSH },
    { username: 'robot$priv+ci', password: 'ci-password', rights: { priv: 'push' } },
    { username: 'robot$priv+reader', password: 'reader-password', rights: { priv: 'pull' } },
    { username: 'robot$priv+off', password: 'off-password', rights: { priv: 'push' }, state: 'disabled' },
    { username: 'robot$priv+old', password: 'old-password', rights: { priv: 'push' }, state: 'expired' },
  ],
  projects: {
    priv: {},
    pub: { public: true },
    ct: { contentTrust: true },
    imm: { immutableTags: true },
    quo: { quota: 200_000 },
    px: { proxyCache: true },
  },
}

/** Harbor 2.15 with docker-registry 2.8 behind it and nginx in front. */
export const HARBOR: Personality = {
  switches: {
    auth: HARBOR_ACCOUNTS,
    location: 'absolute',
    brokenUpload: 'lost',
    contentRange: false,
    rangeBeyond: 'hangs',
    bareNotModified: true,
    filters: true,
    totalCount: true,
    tagDelete: 400,
    deleteReferrers: true,
    legacyReferrers: true,
    manifestTypes: MANIFEST_TYPES,
    manifestLimit: { bytes: MANIFEST_LIMIT, status: 400 },
    invalidTag: 400,
    noTags: 'empty',
    sha512: 'as-sha256',
  },
  front: webServer,
  spoken: speakAsHarbor,
  spelling: GO_CHARSET_SPELLING,
}

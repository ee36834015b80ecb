import { type Asked, type Reply, codeOf, refusal } from '../asked.ts'
import type { HarborAuth } from './harbor-gate.ts'
import { webServer } from './nginx.ts'
import type { Personality } from './personality.ts'

const PUSH = { priv: 'push', pub: 'push', ct: 'push', imm: 'push', quo: 'push', px: 'push' } as const

/** An administrator, a robot for everything, a robot that pushes to one project and one that only pulls; projects with each of the rules that refuse. */
export const HARBOR_ACCOUNTS: HarborAuth = {
  kind: 'harbor',
  accounts: [
    { username: 'admin', password: 'admin-password', rights: 'administrator' },
    { username: 'robot$ci', password: 'ci-password', rights: PUSH },
    { username: 'robot$priv+ci', password: 'ci-password', rights: { priv: 'push' } },
    { username: 'robot$priv+reader', password: 'reader-password', rights: { priv: 'pull' } },
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
    manifestLimit: { bytes: 4 * 1024 * 1024, status: 400 },
  },
  front: webServer,
  spoken,
}

/** Harbor looks manifests and repositories up by itself, and says so in its own words. */
function spoken({ url }: Asked, reply: Reply): Reply {
  const answered = {
    ...reply,
    headers: { 'docker-distribution-api-version': 'registry/2.0', ...reply.headers },
  }
  const [, name, kind, reference] =
    /^\/v2\/(.+?)\/(blobs|manifests|tags|referrers)\/(.*)$/.exec(url.pathname) ?? []
  switch (codeOf(reply)) {
    case 'NAME_UNKNOWN':
      return kind === 'manifests'
        ? refusal(404, 'NOT_FOUND', `artifact ${name}:${reference} not found`)
        : refusal(404, 'NOT_FOUND', `repository ${name} not found`)
    case 'MANIFEST_UNKNOWN':
      return `${Buffer.from(reply.body ?? [])}`.includes('accept header')
        ? answered
        : refusal(404, 'NOT_FOUND', `artifact ${name}:${reference} not found`)
    case 'BLOB_UPLOAD_UNKNOWN':
      return refusal(404, 'BLOB_UPLOAD_INVALID', 'blob upload invalid')
    default:
      return answered
  }
}

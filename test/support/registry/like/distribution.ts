import { type Asked, GO_CHARSET_SPELLING, GO_SPELLING, type Reply, codeOf } from '../asked.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../documents.ts'
import { manifestUnknown } from '../manifests.ts'
import { routeOf } from '../routes.ts'
import { isDigest } from '../store.ts'
import type { Personality } from './personality.ts'

export const MANIFEST_LIMIT = 4 * 1024 * 1024

/** The types that distribution's code reads, which Harbor's is too. */
export const MANIFEST_TYPES = [
  OCI_MANIFEST,
  OCI_INDEX,
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const

export const API_VERSION = { 'docker-distribution-api-version': 'registry/2.0' }

/** distribution 3: no referrers API, no deletion unless it is allowed in its configuration. */
export const DISTRIBUTION: Personality = {
  switches: {
    location: 'absolute',
    bareNotModified: true,
    referrersApi: false,
    manifestTypes: MANIFEST_TYPES,
    manifestLimit: { bytes: MANIFEST_LIMIT, status: 400 },
    sha512: 'as-sha256',
    manifestDelete: 405,
    tagDelete: 405,
    blobDelete: 405,
  },
  spelling: GO_SPELLING,
  spoken: (asked, reply) => speakAsDistribution(asked, reply),
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
  spelling: GO_CHARSET_SPELLING,
  spoken: (asked, reply) => speakAsDockerRegistry(asked, reply),
}

function speakAsDistribution({ url }: Asked, reply: Reply): Reply {
  const told = { ...reply, headers: { ...API_VERSION, ...reply.headers } }
  if (reply.status === 415) return { ...told, status: 400 }
  const route = routeOf(url.pathname)
  if (codeOf(reply) !== 'NAME_UNKNOWN' || route?.kind !== 'manifest') return told
  return { ...told, ...manifestUnknown(route.name, route.rest), headers: told.headers }
}

/** The older one says the same with other details. */
export function speakAsDockerRegistry(asked: Asked, reply: Reply): Reply {
  const told = speakAsDistribution(asked, reply)
  if (told.errors === undefined) return told
  return {
    ...told,
    errors: told.errors.map(({ code, message, detail }) =>
      detail === undefined ? { code, message } : { code, message, detail: olderDetail(asked, code, detail) },
    ),
  }
}

function olderDetail({ url }: Asked, code: string, detail: unknown): unknown {
  const { name, rest } = routeOf(url.pathname) ?? {}
  switch (code) {
    case 'BLOB_UPLOAD_INVALID':
    case 'BLOB_UPLOAD_UNKNOWN':
      return {}
    case 'DIGEST_INVALID': {
      const digest = url.searchParams.get('digest')
      return digest === null ? {} : { Digest: digest, Reason: {} }
    }
    case 'MANIFEST_UNKNOWN':
      return isDigest(rest ?? '') ? { Name: name, Revision: rest } : { Tag: rest }
    case 'MANIFEST_INVALID':
      if (detail === 'http: request body too large') return detail
      return String(detail).startsWith('invalid character') ? { Offset: 1 } : {}
    default:
      return detail
  }
}

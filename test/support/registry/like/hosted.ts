import { codeOf, refusal } from '../asked.ts'
import type { Personality } from './personality.ts'

/** Amazon ECR, as threads tell: pieces are not to be had, repositories are created first, an expired token is a 403. */
export const ECR: Personality = {
  switches: {
    auth: { kind: 'basic', username: 'AWS', password: 'ecr-password', expired: 403 },
    location: 'absolute',
    patchStatus: 201,
    patchRange: 'stale',
    referrersApi: false,
    subjectHeader: true,
    manifestLocation: false,
    repositories: ['team/app'],
  },
  spoken: ({ url }, reply) => {
    if (codeOf(reply) !== 'NAME_UNKNOWN') return reply
    const name = /^\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(url.pathname)?.[1]
    return refusal(
      404,
      'NAME_UNKNOWN',
      `The repository with name '${name}' does not exist in the registry with id '123456789012'`,
    )
  },
}

/** GitHub's registry, as threads tell: a token for everything, challenges that ask for too little, no referrers API. */
export const GHCR: Personality = {
  switches: {
    auth: {
      kind: 'bearer',
      username: 'octocat',
      password: 'ghp_secret',
      readable: true,
      challengeScope: 'pull',
      insufficient: 403,
    },
    location: 'relative',
    referrersApi: false,
    uploadCancel: 405,
  },
}

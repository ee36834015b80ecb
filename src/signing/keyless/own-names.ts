import { isRecord } from '../../json.ts'
import type { IdentityToken } from '../../oidc/identity-token.ts'
import type { NameMatcher } from '../identity/name-matcher.ts'
import type { Identity } from '../verified-signer.ts'

/** What certificates may call the holder of a token, before one was requested, and what they did call it. */
export interface OwnNames {
  readonly subject: NameMatcher
  readonly issuer: NameMatcher
  /** All names but those of users that an authority makes of a subject and a domain. */
  list(): readonly Identity[]
  /** Adds the name in a certificate of this run. */
  add(identity: Identity): void
}

/**
 * How a name is made of a token is the authority's own choice, by its type of issuer, so all of them count: they are the same
 * account of the same issuer. https://github.com/sigstore/fulcio/blob/main/docs/oidc.md
 */
export function listOwnNames({ subject, email, issuer, claims }: IdentityToken): OwnNames {
  const subjects = new Set([subject])
  if (email !== undefined) subjects.add(email)
  const { job_workflow_ref: workflow, ci_config_ref_uri: pipeline, federated_claims: federated } = claims
  if (typeof workflow === 'string') subjects.add(`https://github.com/${workflow}`)
  if (typeof pipeline === 'string') subjects.add(`https://${pipeline}`)
  const issuers = new Set([issuer])
  if (isRecord(federated) && typeof federated['connector_id'] === 'string')
    issuers.add(federated['connector_id'])
  const userName = `${subject}!`
  return {
    subject: {
      description: email ?? subject,
      matches: (name) =>
        subjects.has(name) || (name.startsWith(userName) && !name.slice(userName.length).includes('!')),
    },
    issuer: { description: issuer, matches: (name) => issuers.has(name) },
    list: () =>
      [...subjects].flatMap((subject) =>
        [...issuers].map((issuer): Identity => ({ kind: 'identity', subject, issuer })),
      ),
    add(identity) {
      subjects.add(identity.subject)
      issuers.add(identity.issuer)
    },
  }
}

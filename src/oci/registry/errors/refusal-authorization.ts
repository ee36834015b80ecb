import { parseChallenges } from '../../../http/challenge.ts'
import {
  type Diagnoser,
  type FailedRequest,
  LOGIN_HINT,
  THIS_LOGIN,
  formatLoginCommand,
} from './diagnosis.ts'

export const projectUnknown: Diagnoser = ({ status, text }, { registry }) => {
  const project = status === 401 ? /\bproject (\S{1,255}) not found/i.exec(text)?.[1] : undefined
  return project === undefined
    ? undefined
    : {
        code: 'NOT_FOUND',
        message: `project ${project} does not exist in ${registry}, or the account has no permission to see it`,
        hint: 'check the spelling; Harbor requires creating a project before the first push',
      }
}

/** Harbor gives an anonymous token for credentials that it rejects, if the request for the token names a scope. */
export const credentialsRejected: Diagnoser = ({ status }, request) =>
  status === 401 && request.rejected === true
    ? {
        code: 'UNAUTHENTICATED',
        message: `registry ${request.registry} rejected the credentials from ${request.credentials}: the password is wrong, or the account is disabled or expired`,
        hint: `log in with: ${formatLoginCommand(request)}`,
      }
    : undefined

/** Harbor never sends 403. */
export const permissionDenied: Diagnoser = ({ status, text }, request) => {
  const [, repository, action] =
    status === 401 ? (/access repository: (\S{1,255}), action: (\w{1,16})/.exec(text) ?? []) : []
  if (repository === undefined || request.credentials === undefined) return undefined
  return {
    code: 'UNAUTHENTICATED',
    message: `access denied: credentials from ${request.credentials} have no ${action} permission on ${request.registry}/${repository}${request.rejected === false ? '' : ' (or a wrong password)'}`,
    hint: `ask the administrator of the project for the permission${request.rejected === false ? ', or use another account' : '; to check the password'}: ${formatLoginCommand(request)}`,
  }
}

/**
 * The token is valid, but lacks a scope: the token service leaves out scopes that the account has no permission for.
 * https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
export const insufficientScope: Diagnoser = ({ status, header }, request) => {
  const bearer = parseChallenges(header('www-authenticate')).find(({ scheme }) => scheme === 'bearer')
  if (status !== 401 || bearer?.parameters.get('error') !== 'insufficient_scope') return undefined
  if (request.credentials === undefined) return undefined
  const [, repository = '', actions = ''] =
    /^repository:(\S{1,255}):([a-z,*]{1,64})$/.exec(bearer.parameters.get('scope') ?? '') ?? []
  const permission =
    repository === ''
      ? `permission for this at ${request.registry}`
      : `${/\b(?:push|delete)\b/.exec(actions)?.[0] ?? 'pull'} permission on ${request.registry}/${repository}`
  return {
    code: 'UNAUTHENTICATED',
    message: `access denied: credentials from ${request.credentials} have no ${permission}`,
    hint: `ask the administrator of the repository for it, or use another account: ${formatLoginCommand(request)}`,
  }
}

export const unauthorized: Diagnoser = ({ status }, request) => {
  if (status !== 401) return undefined
  if (request.credentials !== undefined)
    return {
      code: 'UNAUTHENTICATED',
      message: `registry ${request.registry} rejected the credentials from ${request.credentials}`,
      hint: request.credentials === THIS_LOGIN ? LOGIN_HINT : `log in with: ${formatLoginCommand(request)}`,
    }
  const login = `log in with: ${formatLoginCommand(request)}`
  return {
    code: 'UNAUTHENTICATED',
    message: `authentication required by registry ${request.registry}, and no credentials were found`,
    hint: request.problem === undefined ? login : `${request.problem}; or ${login}`,
  }
}

export const tokenExpired: Diagnoser = ({ status, text }, request) =>
  status === 403 && /token has expired/i.test(text)
    ? {
        code: 'UNAUTHENTICATED',
        message: `the credentials${request.credentials === undefined ? '' : ` from ${request.credentials}`} have expired`,
        hint: `log in again; for Amazon ECR: aws ecr get-login-password | ${formatLoginCommand(request)} -u AWS --password-stdin`,
      }
    : undefined

const describeMissingRight = ({
  registry,
  repository = registry,
  credentials,
  action,
}: FailedRequest): string | undefined =>
  credentials === undefined || action === undefined
    ? undefined
    : `access denied: credentials from ${credentials} have no ${action} permission on ${repository}`

/** zot and distribution do not say which right is missing. */
export const denied: Diagnoser = ({ status, isHtml, errors }, request) => {
  if (status !== 403) return undefined
  const isBare = errors.every(({ message }) =>
    /^(?:requested )?access to the resource is denied$/i.test(message),
  )
  return isHtml
    ? {
        code: 'UNAVAILABLE',
        message: `received a web page instead of a response from ${request.registry}`,
        hint: 'a firewall, proxy or captive portal blocks the request: check the network',
      }
    : {
        code: 'UNAUTHENTICATED',
        message: isBare ? describeMissingRight(request) : undefined,
        hint:
          request.credentials === undefined
            ? describeUnsent(request)
            : `the account has no permission for this; to use another one: ${formatLoginCommand(request)}`,
      }
}

/** The hint where no credentials were sent. */
const describeUnsent = (request: FailedRequest): string =>
  `no credentials were sent: ${request.problem ?? `log in with: ${formatLoginCommand(request)}`}`

import { parseChallenges } from '../../../http/challenge.ts'
import { type Diagnoser, THIS_LOGIN, formatLoginCommand } from './diagnosis.ts'

export const projectUnknown: Diagnoser = ({ status, text }, { registry }) => {
  const project = status === 401 ? /\bproject (\S{1,255}) not found/i.exec(text)?.[1] : undefined
  return project === undefined
    ? undefined
    : {
        code: 'NOT_FOUND',
        message: `project ${project} does not exist in ${registry}, or the account may not see it`,
        hint: 'check its spelling; a project is created in Harbor before the first push',
      }
}

/** Harbor never says 403, and hides a wrong password behind the token that everybody gets. */
export const permissionDenied: Diagnoser = ({ status, text }, request) => {
  const [, repository, action] =
    status === 401 ? (/access repository: (\S{1,255}), action: (\w{1,16})/.exec(text) ?? []) : []
  if (repository === undefined || request.credentials === undefined) return undefined
  return {
    code: 'UNAUTHENTICATED',
    message: `the account from ${request.credentials} lacks the right to ${action} in ${request.registry}/${repository}, or its password is wrong`,
    hint: `${formatLoginCommand(request)} tells a wrong password; a right is given by the administrator of the project`,
  }
}

/**
 * The token was good, and not for this: its account may not do it, for the token service leaves out what nobody granted.
 * https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
export const insufficientScope: Diagnoser = ({ status, header }, request) => {
  const bearer = parseChallenges(header('www-authenticate')).find(({ scheme }) => scheme === 'bearer')
  if (status !== 401 || bearer?.parameters.get('error') !== 'insufficient_scope') return undefined
  if (request.credentials === undefined) return undefined
  const [, repository = '', actions = ''] =
    /^repository:(\S{1,255}):([a-z,*]{1,64})$/.exec(bearer.parameters.get('scope') ?? '') ?? []
  const right = `${/\b(?:push|delete)\b/.exec(actions)?.[0] ?? 'read'} in ${repository}`
  return {
    code: 'UNAUTHENTICATED',
    message: `the account from ${request.credentials} lacks the right to ${repository === '' ? 'do this' : right} at ${request.registry}`,
    hint: `whoever administers the repository gives it; another account logs in with: ${formatLoginCommand(request)}`,
  }
}

export const unauthorized: Diagnoser = ({ status }, request) => {
  if (status !== 401) return undefined
  if (request.credentials !== undefined)
    return {
      code: 'UNAUTHENTICATED',
      message: `registry ${request.registry} did not accept the credentials from ${request.credentials}`,
      hint:
        request.credentials === THIS_LOGIN
          ? 'check user name and password; where a second factor is wanted, a token takes the place of the password'
          : `log in with: ${formatLoginCommand(request)}`,
    }
  const login = `log in with: ${formatLoginCommand(request)}`
  return {
    code: 'UNAUTHENTICATED',
    message: `registry ${request.registry} asks for credentials and there are none`,
    hint: request.problem === undefined ? login : `${request.problem}; or ${login}`,
  }
}

export const tokenExpired: Diagnoser = ({ status, text }, request) =>
  status === 403 && /token has expired/i.test(text)
    ? {
        code: 'UNAUTHENTICATED',
        message: `the credentials${request.credentials === undefined ? '' : ` from ${request.credentials}`} have expired`,
        hint: `log in anew; with Amazon ECR: aws ecr get-login-password | ${formatLoginCommand(request)} -u AWS --password-stdin`,
      }
    : undefined

export const denied: Diagnoser = ({ status, isHtml }, request) => {
  if (status !== 403) return undefined
  return isHtml
    ? {
        code: 'UNAVAILABLE',
        message: `a web page came in place of an answer of ${request.registry}`,
        hint: 'a firewall, a proxy or a captive portal refuses this; check the network between here and there',
      }
    : {
        code: 'UNAUTHENTICATED',
        hint: `the account needs the right to do this; another one logs in with: ${formatLoginCommand(request)}`,
      }
}

import { parseChallenges } from '../../../http/challenge.ts'
import { type Rule, THIS_LOGIN, atLogin } from './refusal.ts'

export const unknownProject: Rule = ({ status, words }, { registry }) => {
  const project = status === 401 ? /\bproject (\S{1,255}) not found/i.exec(words)?.[1] : undefined
  return project === undefined
    ? undefined
    : {
        code: 'NOT_FOUND',
        message: `project ${project} does not exist in ${registry}, or the account may not see it`,
        hint: 'check its spelling; a project is created in Harbor before the first push',
      }
}

/** Harbor never says 403, and hides a wrong password behind the token that everybody gets. */
export const lackingRight: Rule = ({ status, words }, asked) => {
  const [, repository, action] =
    status === 401 ? (/access repository: (\S{1,255}), action: (\w{1,16})/.exec(words) ?? []) : []
  if (repository === undefined || asked.credentials === undefined) return undefined
  return {
    code: 'UNAUTHENTICATED',
    message: `the account from ${asked.credentials} lacks the right to ${action} in ${asked.registry}/${repository}, or its password is wrong`,
    hint: `${atLogin(asked)} tells a wrong password; a right is given by the administrator of the project`,
  }
}

/**
 * The token was good, and not for this: its account may not do it, for the token service leaves out what nobody granted.
 * https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
export const lackingScope: Rule = ({ status, header }, asked) => {
  const bearer = parseChallenges(header('www-authenticate')).find(({ scheme }) => scheme === 'bearer')
  if (status !== 401 || bearer?.parameters.get('error') !== 'insufficient_scope') return undefined
  if (asked.credentials === undefined) return undefined
  const [, repository = '', actions = ''] =
    /^repository:(\S{1,255}):([a-z,*]{1,64})$/.exec(bearer.parameters.get('scope') ?? '') ?? []
  const right = `${/\b(?:push|delete)\b/.exec(actions)?.[0] ?? 'read'} in ${repository}`
  return {
    code: 'UNAUTHENTICATED',
    message: `the account from ${asked.credentials} lacks the right to ${repository === '' ? 'do this' : right} at ${asked.registry}`,
    hint: `whoever administers the repository gives it; another account logs in with: ${atLogin(asked)}`,
  }
}

export const unauthenticated: Rule = ({ status }, asked) => {
  if (status !== 401) return undefined
  if (asked.credentials !== undefined)
    return {
      code: 'UNAUTHENTICATED',
      message: `registry ${asked.registry} did not accept the credentials from ${asked.credentials}`,
      hint:
        asked.credentials === THIS_LOGIN
          ? 'check user name and password; where a second factor is wanted, a token takes the place of the password'
          : `log in with: ${atLogin(asked)}`,
    }
  const login = `log in with: ${atLogin(asked)}`
  return {
    code: 'UNAUTHENTICATED',
    message: `registry ${asked.registry} asks for credentials and there are none`,
    hint: asked.problem === undefined ? login : `${asked.problem}; or ${login}`,
  }
}

export const expired: Rule = ({ status, words }, asked) =>
  status === 403 && /token has expired/i.test(words)
    ? {
        code: 'UNAUTHENTICATED',
        message: `the credentials${asked.credentials === undefined ? '' : ` from ${asked.credentials}`} have expired`,
        hint: `log in anew; with Amazon ECR: aws ecr get-login-password | ${atLogin(asked)} -u AWS --password-stdin`,
      }
    : undefined

export const forbidden: Rule = ({ status, page }, asked) => {
  if (status !== 403) return undefined
  return page
    ? {
        code: 'UNAVAILABLE',
        message: `a web page came in place of an answer of ${asked.registry}`,
        hint: 'a firewall, a proxy or a captive portal refuses this; check the network between here and there',
      }
    : {
        code: 'UNAUTHENTICATED',
        hint: `the account needs the right to do this; another one logs in with: ${atLogin(asked)}`,
      }
}

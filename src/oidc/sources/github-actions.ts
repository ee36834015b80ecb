import { WasmpackError } from '../../errors.ts'
import { requestJson } from '../../http/json.ts'
import { addQuery } from '../../http/origin.ts'
import { createRefusalError } from '../../http/refusal.ts'
import type { Transport } from '../../http/transport.ts'
import { isRecord } from '../../json.ts'
import { checkEndpoint } from '../check-endpoint.ts'
import type { TokenSource } from '../token-source.ts'

const ANSWER_LIMIT = 128 * 1024
const WHAT = 'the token service of GitHub Actions'

/**
 * The token service of a job, at the address and with the bearer token that the runner gives it.
 * https://docs.github.com/en/actions/reference/security/oidc
 */
export const githubActionsTokens = (
  { url, token }: { readonly url: string; readonly token: string },
  audience: string,
  transport: Transport,
): TokenSource => ({
  name: 'GitHub Actions',
  renewable: true,
  async fetchToken() {
    checkEndpoint(url, 'ACTIONS_ID_TOKEN_REQUEST_URL')
    const answer = await requestJson(transport, {
      url: addQuery(url, 'audience', audience),
      headers: { authorization: `Bearer ${token}` },
      what: WHAT,
      limit: ANSWER_LIMIT,
    })
    if (!answer.ok)
      throw createRefusalError(WHAT, answer, transport, {
        code: 'UNAUTHENTICATED',
        hint: 'the job needs permissions: id-token: write',
      })
    const value = isRecord(answer.json) ? answer.json['value'] : undefined
    if (typeof value === 'string') return { text: value }
    throw new WasmpackError('UNAVAILABLE', `${WHAT} answered without a token`)
  },
})

import { type ProviderSession, requestTokens, refuseTokens, type Tokens } from '../token-endpoint.ts'
import { SCOPE } from './scope.ts'

/** Tokens of the client itself, without a person (RFC 6749, section 4.4). */
export async function runClientCredentials(session: ProviderSession): Promise<Tokens> {
  const answer = await requestTokens(session, { grant_type: 'client_credentials', scope: SCOPE })
  if ('status' in answer) throw refuseTokens(session, answer)
  return answer
}

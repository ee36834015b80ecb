import { WasmpackError } from '../../errors.ts'
import { isRecord } from '../../json.ts'
import { printable } from '../../printable.ts'
import { lacks } from '../provider.ts'
import {
  postForm,
  type ProviderSession,
  readOAuthError,
  refuseTokens,
  requestTokens,
  type Tokens,
} from '../token-endpoint.ts'
import { SCOPE } from './scope.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
/** By default, and as a step of slow_down, in seconds. */
const INTERVAL = 5
const LONGEST_INTERVAL = 60
/** In seconds. */
const LONGEST_LIFE = 1800
const CODE_LIMIT = 4096

/** Tokens of a person who signs in with any browser, and enters a code there (RFC 8628). `tell` says what to do. */
export async function runDeviceFlow(
  session: ProviderSession,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<Tokens> {
  const { provider, transport } = session
  const { clock } = transport
  const device = await startDeviceFlow(session)
  tell(`to sign in, open ${device.page} and enter the code ${device.userCode}`)
  const end = clock.now() + device.seconds * 1000
  for (let { interval } = device; ;) {
    if (clock.now() + interval * 1000 > end)
      throw refuseDevice(provider.name, 'the code has expired: nobody entered it')
    await clock.sleep(interval * 1000, signal)
    const answer = await requestTokens(session, { grant_type: GRANT, device_code: device.code })
    if (!('status' in answer)) return answer
    switch (readOAuthError(answer)) {
      case 'authorization_pending':
        break
      case 'slow_down':
        interval = Math.min(interval + INTERVAL, LONGEST_INTERVAL)
        break
      case 'expired_token':
        throw refuseDevice(provider.name, 'the code has expired: nobody entered it')
      case 'access_denied':
        throw refuseDevice(provider.name, 'the sign-in was denied')
      default:
        throw refuseTokens(session, answer)
    }
  }
}

const refuseDevice = (name: string, problem: string): WasmpackError =>
  new WasmpackError('UNAUTHENTICATED', `${name}: ${problem}`, { hint: 'run the command again' })

interface DeviceGrant {
  /** A secret. */
  readonly code: string
  /** Both for the person; safe to print. */
  readonly userCode: string
  readonly page: string
  readonly seconds: number
  readonly interval: number
}

async function startDeviceFlow(session: ProviderSession): Promise<DeviceGrant> {
  const { provider, transport } = session
  if (provider.deviceEndpoint === undefined) throw lacks(provider.name, 'device_authorization_endpoint')
  const answer = await postForm(session, provider.deviceEndpoint, { scope: SCOPE })
  if (!answer.ok) throw refuseTokens(session, answer)
  const fields = isRecord(answer.json) ? answer.json : {}
  const { device_code: code, user_code: userCode, interval, expires_in: seconds } = fields
  const page = fields['verification_uri_complete'] ?? fields['verification_uri']
  if (!isText(code) || !isText(userCode) || !isText(page) || !isWebPage(page))
    throw new WasmpackError('UNAVAILABLE', `${provider.name} answered without codes for a device`)
  transport.registerSecret(code)
  return {
    code,
    userCode: printable(userCode),
    page: printable(page),
    seconds: readSeconds(seconds, LONGEST_LIFE, LONGEST_LIFE),
    interval: readSeconds(interval, INTERVAL, LONGEST_INTERVAL),
  }
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= CODE_LIMIT

const isWebPage = (url: string): boolean => /^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')

const readSeconds = (value: unknown, otherwise: number, most: number): number =>
  typeof value === 'number' && value >= 1 ? Math.min(value, most) : otherwise

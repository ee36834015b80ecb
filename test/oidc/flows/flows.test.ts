import { onTestFinished, describe, expect, it } from 'vitest'

import { Transport } from '../../../src/http/transport.ts'
import { createFlowSource, type FlowRequest } from '../../../src/oidc/flows/flow-source.ts'
import { createTokenSupply } from '../../../src/oidc/token-supply.ts'
import { until } from '../../support/time.ts'
import {
  DEVICE_CODE,
  type ImitatedProvider,
  type ProviderSwitches,
  REFRESH_TOKEN,
  startProvider,
} from '../../support/sigstore/oidc-provider.ts'

/** A clock whose short waits are over at once, and whose long ones last until they are aborted. */
function createClock() {
  const waits: number[] = []
  let passed = 0
  return {
    waits,
    now: () => Date.now() + passed,
    random: () => 0.5,
    async sleep(milliseconds: number, signal?: AbortSignal) {
      signal?.throwIfAborted()
      if (milliseconds >= 300_000)
        return new Promise<void>((_, reject) => {
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- as the real clock does
          signal?.addEventListener('abort', () => reject(signal.reason))
        })
      waits.push(milliseconds)
      passed += milliseconds
    },
  }
}

async function scene(switches: ProviderSwitches, flow: FlowRequest['flow'], more: Partial<FlowRequest> = {}) {
  const provider = await startProvider(switches)
  const clock = createClock()
  const debug: string[] = []
  const said: string[] = []
  const transport = new Transport({ clock, debug: (line) => debug.push(line) })
  onTestFinished(() => transport.close())
  const source = createFlowSource(
    {
      flow,
      issuer: provider.issuer,
      client: { id: 'sigstore' },
      audiences: ['sigstore'],
      tell: (line) => said.push(line),
      openBrowser: async () => false,
      signal: new AbortController().signal,
      ...more,
    },
    transport,
  )
  const supply = createTokenSupply(source, { audiences: ['sigstore'] }, transport)
  return { provider, clock, debug, said, supply }
}

/** A browser that brings back what the provider gives it, as `change` has it. */
const bring =
  (provider: () => ImitatedProvider, change?: (answer: URLSearchParams) => void, visit = visitOnce) =>
  async (page: string): Promise<boolean> => {
    void visit(provider().authorize(page, change))
    return true
  }

const visitOnce = (url: URL): Promise<Response> => fetch(url)

/** A browser flow whose browser behaves as given. */
async function browse(
  switches: ProviderSwitches = {},
  change?: (answer: URLSearchParams) => void,
  more: Partial<FlowRequest> = {},
) {
  let provider: ImitatedProvider | undefined
  const found = await scene(switches, 'browser', { openBrowser: bring(() => provider!, change), ...more })
  provider = found.provider
  return found
}

describe('device', () => {
  it('the person is told the page and the code, and nothing secret', async () => {
    const { provider, said, debug, supply, clock } = await scene(
      { answers: ['authorization_pending', 'token'], interval: 2 },
      'device',
    )
    expect((await supply.take()).email).toBe('alice@example.com')
    expect(said).toEqual([
      `to sign in, open ${provider.issuer}/device?user_code=ABCD-EFGH and enter the code ABCD-EFGH`,
    ])
    expect(clock.waits).toEqual([2000, 2000])
    expect(provider.forms.map((form) => form.get('device_code'))).toEqual([null, DEVICE_CODE, DEVICE_CODE])
    expect(debug.join('\n')).not.toContain(DEVICE_CODE)
  })

  it('T22: slow_down makes every later wait 5 seconds longer', async () => {
    const { clock, supply } = await scene(
      { answers: ['slow_down', 'authorization_pending', 'slow_down', 'token'] },
      'device',
    )
    await supply.take()
    expect(clock.waits).toEqual([5000, 10_000, 10_000, 15_000])
  })

  it.each([
    ['expired_token', 'the code has expired'],
    ['access_denied', 'the sign-in was denied'],
    ['invalid_grant', 'answered 400 Bad Request: invalid_grant: of the test'],
  ])('T22: %s ends the run with exit 7', async (answer, message) => {
    const { supply } = await scene({ answers: ['authorization_pending', answer] }, 'device')
    await expect(supply.take()).rejects.toMatchObject({ exit: 7, message: expect.stringContaining(message) })
  })

  it('T22: a provider that says authorization_pending for ever is asked until the code has expired', async () => {
    const { provider, supply } = await scene(
      { answers: ['authorization_pending'], interval: 10, deviceLife: 60 },
      'device',
    )
    await expect(supply.take()).rejects.toMatchObject({
      exit: 7,
      message: expect.stringContaining('has expired'),
    })
    expect(provider.forms.length).toBeLessThanOrEqual(7)
  })
})

describe('browser', () => {
  it('signs in with PKCE S256, state and nonce, and closes its listener', async () => {
    let page = ''
    let provider: ImitatedProvider | undefined
    const found = await scene({}, 'browser', {
      openBrowser: async (url) => {
        page = url
        return bring(() => provider!)(url)
      },
    })
    provider = found.provider
    expect((await found.supply.take()).email).toBe('alice@example.com')
    const asked = new URL(page).searchParams
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: 'code',
      client_id: 'sigstore',
      code_challenge_method: 'S256',
      scope: 'openid email',
    })
    expect(asked.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/auth\/callback$/)
    const [form] = provider.forms
    expect(form?.get('code_verifier')).toMatch(/^[\w-]{43}$/)
    expect(page).not.toContain(form?.get('code_verifier'))
    expect(found.debug.join('\n')).not.toMatch(/code-canary|signature-of/)
    await expect(fetch(asked.get('redirect_uri')!)).rejects.toThrow()
  })

  it.each<[string, (answer: URLSearchParams) => void, string]>([
    ['another state', (answer) => answer.set('state', 'guessed'), '(state)'],
    ['no state', (answer) => answer.delete('state'), '(state)'],
    ['another issuer (RFC 9207)', (answer) => answer.set('iss', 'https://evil.example'), '(iss)'],
    ['no issuer, where the provider names it', (answer) => answer.delete('iss'), '(iss)'],
    [
      'an error',
      (answer) => {
        answer.delete('code')
        answer.set('error', 'access_denied\u001b[2J')
      },
      'the sign-in failed: access_denied\\u{1b}[2J',
    ],
    ['no code', (answer) => answer.delete('code'), 'no authorization code'],
    ['a code that was not given', (answer) => answer.set('code', 'stolen'), 'invalid_grant'],
  ])('T23: the browser brings %s: exit 7', async (_, change, message) => {
    const { supply } = await browse({}, change)
    await expect(supply.take()).rejects.toMatchObject({ exit: 7, message: expect.stringContaining(message) })
  })

  it('T23: an ID token with another nonce is refused', async () => {
    const { supply } = await browse({ claims: { nonce: 'replayed' } })
    await expect(supply.take()).rejects.toMatchObject({ exit: 7, message: expect.stringContaining('nonce') })
  })

  it('T23: other paths, other methods, another host name and a second request get nothing', async () => {
    const statuses: number[] = []
    let provider: ImitatedProvider | undefined
    const visit = async (url: URL): Promise<Response> => {
      statuses.push((await fetch(new URL('/favicon.ico', url))).status)
      statuses.push((await fetch(url, { method: 'POST' })).status)
      statuses.push(
        (await fetch(url.href.replace('127.0.0.1', 'localhost')).catch(() => ({ status: 0 }))).status,
      )
      const first = await fetch(url)
      statuses.push(first.status)
      return first
    }
    const found = await scene({}, 'browser', { openBrowser: bring(() => provider!, undefined, visit) })
    provider = found.provider
    await found.supply.take()
    await until(() => statuses.length === 4)
    expect(statuses.slice(0, 2)).toEqual([404, 404])
    expect([0, 404]).toContain(statuses[2])
    expect(statuses[3]).toBe(200)
  })

  it('T23: Ctrl-C ends the wait and closes the listener', async () => {
    const interrupted = new AbortController()
    let page = ''
    const { supply } = await scene({}, 'browser', {
      openBrowser: async (url) => ((page = url), true),
      signal: interrupted.signal,
    })
    const taking = supply.take()
    await until(() => page !== '')
    const reason = new Error('interrupted')
    interrupted.abort(reason)
    await expect(taking).rejects.toBe(reason)
    await expect(fetch(new URL(page).searchParams.get('redirect_uri')!)).rejects.toThrow()
  })

  it('a browser that cannot be opened leaves the address to the person', async () => {
    let provider: ImitatedProvider | undefined
    const said: string[] = []
    const found = await scene({}, 'browser', {
      openBrowser: async () => false,
      tell: (line) => {
        said.push(line)
        void fetch(provider!.authorize(line.slice(line.indexOf('http'))))
      },
    })
    provider = found.provider
    await found.supply.take()
    expect(said).toEqual([expect.stringMatching(/^to sign in, open http:/)])
  })
})

describe('client-credentials', () => {
  const client = { id: 'ci bot', secret: 'secret:with%reserved' }

  it('the client authenticates with its encoded id and secret, which are in no output', async () => {
    const { provider, debug, supply } = await scene({}, 'client-credentials', { client })
    await supply.take()
    const { authorization } = provider.seen.at(-1)!.headers
    expect(Buffer.from(authorization!.slice('Basic '.length), 'base64').toString()).toBe(
      'ci+bot:secret%3Awith%25reserved',
    )
    expect(provider.forms[0]?.get('grant_type')).toBe('client_credentials')
    expect(provider.forms[0]?.has('client_secret')).toBe(false)
    expect(debug.join('\n')).not.toContain(client.secret)
  })

  it('the secret is in the form where the provider takes it there alone', async () => {
    const metadata = (fields: Record<string, unknown>): void =>
      void (fields['token_endpoint_auth_methods_supported'] = ['client_secret_post'])
    const { provider, supply } = await scene({ metadata }, 'client-credentials', { client })
    await supply.take()
    expect(provider.forms[0]?.get('client_secret')).toBe(client.secret)
    expect(provider.seen.at(-1)!.headers.authorization).toBeUndefined()
  })

  it('an access token serves where there is no ID token', async () => {
    const { supply } = await scene({ withoutIdToken: true }, 'client-credentials', { client })
    expect((await supply.take()).subject).toBe('alice-subject')
  })

  it('a wrong secret ends the run with exit 7', async () => {
    const { supply } = await scene({ answers: ['unauthorized_client'] }, 'client-credentials', { client })
    await expect(supply.take()).rejects.toMatchObject({ exit: 7 })
  })
})

it('a token that expires is renewed with the refresh token: the person signs in once', async () => {
  const { provider, said, clock, supply } = await scene(
    { givesRefreshTokens: true, tokenLives: [30, 300] },
    'device',
  )
  const first = await supply.take()
  await clock.sleep(25_000)
  expect((await supply.take()).expires).toBeGreaterThan(first.expires)
  expect(provider.forms.map((form) => form.get('grant_type'))).toEqual([
    null,
    'urn:ietf:params:oauth:grant-type:device_code',
    'refresh_token',
  ])
  expect(provider.forms[2]?.get('refresh_token')).toBe(REFRESH_TOKEN)
  expect(said).toHaveLength(1)
})

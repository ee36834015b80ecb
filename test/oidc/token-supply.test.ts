import { expect, it } from 'vitest'

import { Transport } from '../../src/http/transport.ts'
import type { TokenSource } from '../../src/oidc/token-source.ts'
import { createTokenSupply } from '../../src/oidc/token-supply.ts'
import { goodClaims, makeToken } from '../support/sigstore/tokens.ts'

const ISSUER = 'https://keycloak.example.com/realms/wasm'
const START = Date.parse('2026-01-02T03:04:05Z')
const REQUIREMENT = { audiences: ['sigstore'] }

/** A source whose tokens live for a minute, and a clock that a test moves. */
function scene(renewable: boolean) {
  const time = { now: START }
  const debug: string[] = []
  const tokens: string[] = []
  const source: TokenSource = {
    name: 'the test',
    renewable,
    async fetchToken() {
      const text = makeToken({
        ...goodClaims(ISSUER, time.now),
        exp: time.now / 1000 + 60,
        jti: tokens.length,
      })
      tokens.push(text)
      return { text }
    },
  }
  const clock = { now: () => time.now, random: () => 0, sleep: async () => undefined }
  const transport = new Transport({ clock, debug: (line) => debug.push(line) })
  return { time, debug, tokens, transport, supply: createTokenSupply(source, REQUIREMENT, transport) }
}

it('a token is used again while it is valid for some seconds', async () => {
  const { time, tokens, supply } = scene(true)
  const first = await supply.take()
  time.now += 45_000
  expect(await supply.take()).toBe(first)
  expect(tokens).toHaveLength(1)
})

it('a token that will have expired when it arrives is renewed', async () => {
  const { time, tokens, supply } = scene(true)
  await supply.take()
  time.now += 55_000
  expect((await supply.take()).text).toBe(tokens[1])
})

it('an upload that outlasts a token from a source that gives no other ends with exit 7', async () => {
  const { time, supply } = scene(false)
  await supply.take()
  time.now += 55_000
  await expect(supply.take()).rejects.toMatchObject({
    exit: 7,
    message: expect.stringContaining('expired before it was needed'),
  })
})

it('the transport tells which source was taken, and hides the token and its signature', async () => {
  const { debug, tokens, transport, supply } = scene(false)
  await supply.take()
  expect(debug).toEqual([`* identity token of the test, issuer ${ISSUER}`])
  const [text] = tokens
  expect(transport.redact(`a ${text} b`)).toBe('a REDACTED b')
  expect(transport.redact(text!.split('.')[2]!)).toBe('REDACTED')
})

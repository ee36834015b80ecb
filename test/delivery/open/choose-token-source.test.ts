import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import type { IdentityVariables } from '../../../src/config/identity-variables.ts'
import { readIdentityVariables } from '../../../src/config/identity-variables.ts'
import {
  chooseTokenSource,
  listAudiences,
  type TokenRequest,
} from '../../../src/delivery/open/choose-token-source.ts'
import { findProjectedToken } from '../../../src/oidc/sources/token-file.ts'
import { openQuickTransport } from '../../support/sigstore/sigstore.ts'

const NOTHING: TokenRequest = { tell: () => undefined, signal: new AbortController().signal }
const EVERYTHING: IdentityVariables = readIdentityVariables({
  SIGSTORE_ID_TOKEN: 'token',
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://actions.example/token',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-secret',
  GITHUB_ACTIONS: 'true',
  BUILDKITE: 'true',
})

const choose = async (
  request: Partial<TokenRequest>,
  variables: Partial<IdentityVariables> = {},
  issuer?: string,
): Promise<string> =>
  (
    await chooseTokenSource(
      { ...NOTHING, ...request },
      { ...readIdentityVariables({}), ...variables },
      issuer,
      openQuickTransport().transport,
    )
  ).name

it('the first source that there is gives the token', async () => {
  expect(await choose({ given: 'token' }, EVERYTHING)).toBe('standard input')
  expect(await choose({ file: 'tok' }, EVERYTHING)).toBe('file tok')
  expect(await choose({}, EVERYTHING)).toBe('$SIGSTORE_ID_TOKEN')
  expect(await choose({}, { ...EVERYTHING, token: undefined })).toBe('GitHub Actions')
  expect(await choose({}, { ...EVERYTHING, token: undefined, githubActions: undefined })).toBe('Buildkite')
})

it('a sign-in that is asked for comes before what the environment offers', async () => {
  const issuer = 'https://keycloak.example.com/realms/wasm'
  expect(await choose({ flow: 'device', issuer }, EVERYTHING)).toBe(`${issuer} by device`)
  expect(await choose({ flow: 'device' }, EVERYTHING, 'https://idp.example')).toBe(
    'https://idp.example by device',
  )
  await expect(choose({ flow: 'device' })).rejects.toMatchObject({ code: 'USAGE' })
})

it('without any token the error says what to do, also in a job of GitHub Actions', async () => {
  await expect(choose({})).rejects.toMatchObject({
    exit: 7,
    hint: expect.stringContaining('--identity-token FILE'),
  })
  await expect(choose({}, { inGithubActions: true })).rejects.toMatchObject({
    exit: 7,
    hint: expect.stringContaining('permissions: id-token: write'),
  })
})

it('a projected token is found where it is, and read anew each time', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-token-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'oidc-token')
  expect(await findProjectedToken(NOTHING.signal, path)).toBeUndefined()
  writeFileSync(path, 'first\n')
  const source = await findProjectedToken(NOTHING.signal, path)
  expect(await source?.fetchToken()).toEqual({ text: 'first' })
  writeFileSync(path, 'second')
  expect(await source?.fetchToken()).toEqual({ text: 'second' })
  expect(source?.renewable).toBe(true)
})

it('a token is for the client, or for sigstore', () => {
  expect(listAudiences({})).toEqual(['sigstore'])
  expect(listAudiences({ clientId: 'sigstore' })).toEqual(['sigstore'])
  expect(listAudiences({ clientId: 'ci' })).toEqual(['ci', 'sigstore'])
})

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

import { expect, it, onTestFinished, vi } from 'vitest'

import { openBrowser } from '../../src/oidc/flows/open-browser.ts'
import { buildkiteTokens } from '../../src/oidc/sources/buildkite.ts'
import { until } from '../support/time.ts'

const CANARY = 'canary-of-another-program'

/** A program of this name in PATH, and a run that holds secrets. */
function program(name: string, script: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-oidc-program-'))
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true })
    vi.unstubAllEnvs()
  })
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(directory, name), 0o755)
  vi.stubEnv('PATH', `${directory}${delimiter}${process.env['PATH'] ?? ''}`)
  for (const secret of ['COSIGN_PASSWORD', 'SIGSTORE_ID_TOKEN', 'WASMPACK_REGISTRY_PASSWORD'])
    vi.stubEnv(secret, CANARY)
  return directory
}

it("S20: Buildkite's agent gets its own variables and no secret of ours", async () => {
  program('buildkite-agent', 'echo "$3 $4 $BUILDKITE_AGENT_ACCESS_TOKEN"; env')
  vi.stubEnv('BUILDKITE_AGENT_ACCESS_TOKEN', 'agent-secret')
  const { text } = await buildkiteTokens('sigstore', new AbortController().signal).fetchToken()
  expect(text.split('\n')[0]).toBe('--audience sigstore agent-secret')
  expect(text).not.toContain(CANARY)
})

it('an agent of Buildkite that fails is quoted by its error, and never by what may be a token', async () => {
  program('buildkite-agent', 'echo a.b.c; echo "no such job" >&2; exit 4')
  const failed = buildkiteTokens('sigstore', new AbortController().signal).fetchToken()
  await expect(failed).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
    message: 'buildkite-agent oidc request-token failed with status 4: no such job',
  })
})

it('S20: the browser of a sign-in gets no secret of ours', async () => {
  const directory = program('browse', 'env > "$0.new"; echo "page $1" >> "$0.new"; mv "$0.new" "$0.env"')
  expect(await openBrowser('https://idp.example/auth', join(directory, 'browse'))).toBe(true)
  await until(() => existsSync(join(directory, 'browse.env')))
  const found = readFileSync(join(directory, 'browse.env'), 'utf8')
  expect(found).toContain('page https://idp.example/auth')
  expect(found).not.toContain(CANARY)
})

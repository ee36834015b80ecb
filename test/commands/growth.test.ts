import { existsSync } from 'node:fs'

import { expect, test } from 'vitest'

import { openGrowthScene } from './growth-scene.ts'

const SOCKETS = /sock\S* lets the module .*, which is not part of/

test('v1.0.0 approved; v1.0.1 asks for sockets; v1.1.0 the same; approved again', async () => {
  const { at, repository, push, approve, pull, growth, under, diff } = await openGrowthScene()
  const [minor, approved] = [growth('minor'), growth('approved')]
  const first = await push('1.0.0', [])
  expect(await pull('1.0.0', minor)).toBe('admitted')
  expect(await pull('1.0.0', approved)).toMatch(/has no approval by security/)
  expect((await approve(first)).error).toBeUndefined()
  expect(await pull('1.0.0', minor, approved)).toBe('admitted')
  await push('1.0.1', ['sock_accept'])
  expect(await pull('1.0.1', minor)).toMatch(/^CAPABILITY_DENIED/)
  expect(await pull('1.0.1', minor)).toMatch(SOCKETS)
  expect(await pull('1.0.1', approved)).toMatch(SOCKETS)
  const second = await push('1.1.0', ['sock_accept'])
  expect(await pull('1.1.0', minor)).toBe('admitted')
  expect(await pull('1.1.0', approved)).toMatch(SOCKETS)
  expect(await diff('1.0.0', '1.1.0', approved)).toMatchObject({
    added: { classes: [expect.stringMatching(/sock/)] },
    growth: { approved: { classes: [] }, unapproved: { classes: [expect.stringMatching(/sock/)] } },
  })
  const copy = `oci-layout:${at('copy')}:1`
  for (const argv of [
    ['tag', `${repository}:1.1.0`, 'stable'],
    ['copy', `${repository}:1.1.0`, copy],
    ['copy', `${repository}:1.1.0`, copy, '--verify', '--key', at('release.pub')],
    ['policy', 'test', `${repository}:1.1.0`],
    ['render', `${repository}:1.1.0`, '--target', 'wasmtime', '--key', at('release.pub')],
  ])
    expect(await under([approved], ...argv)).toMatch(SOCKETS)
  expect(existsSync(at('copy'))).toBe(false)
  expect((await approve(second)).error).toBeUndefined()
  expect(await pull('1.1.0', minor, approved)).toBe('admitted')
  expect(await diff('1.0.0', '1.1.0', approved)).toMatchObject({
    growth: { approved: { classes: [expect.stringMatching(/sock/)] }, unapproved: { classes: [] } },
  })
  expect(await under([approved], 'tag', `${repository}:1.1.0`, 'stable')).toBe('admitted')
  expect(await under([approved], 'copy', `${repository}:1.1.0`, copy)).toBe('admitted')
})

test('push --against says what is added before anything is sent', async () => {
  const { repository, push, tryPush, growth } = await openGrowthScene()
  const first = await push('1.0.0', [])
  const minor = growth('minor')
  const refused = await tryPush('1.0.1', ['sock_accept'], {
    flags: ['--against', 'latest'],
    policies: [minor],
  })
  expect(refused.error).toMatchObject({ code: 'CAPABILITY_DENIED', exit: 3 })
  expect(refused.error?.hint).toMatch(/raise the version/)
  const added = { classes: [expect.stringMatching(/sock/)] }
  for (const against of ['latest', `${repository}:1.0.0`])
    expect(
      await tryPush('1.1.0', ['sock_accept'], {
        flags: ['--against', against, '--dry-run'],
        policies: [minor],
      }),
    ).toMatchObject({
      json: { growth: { against: first, added } },
    })
  expect((await tryPush('1.0.1', [], { flags: ['--against', '1.0.0'] })).error).toMatchObject({ exit: 2 })
  expect((await tryPush('1.0.1', [], { flags: ['--against', 'latest'], version: '' })).error).toMatchObject({
    code: 'USAGE',
    message: '--against latest requires a version',
  })
  const unsigned = await tryPush('1.0.1', [], { flags: ['--against', 'latest'], key: '' })
  expect(unsigned.error).toMatchObject({ code: 'TRUST_REQUIRED' })
  expect(
    await tryPush('0.9.0', ['sock_accept'], { flags: ['--against', 'latest'], policies: [minor] }),
  ).toMatchObject({
    json: { growth: { added: { classes: [] } } },
  })
})

test('diff lists the signers and attestations that the new version lost', async () => {
  const { at, push, diff, run, write } = await openGrowthScene()
  const policy = write(
    'signers: {release: [{key: release.pub}], security: [{key: security.pub}]}\nsignatures: [{by: release}]',
    'TrustPolicy',
  )
  const first = await push('1.0.0', [])
  expect((await run('sign', first, '--key', at('security.key'))).error).toBeUndefined()
  await push('1.1.0', [])
  const lost = (await diff('1.0.0', '1.1.0', policy)) as { readonly trustRegression: readonly string[] }
  expect(lost.trustRegression).toEqual(['0 signers of security in place of 1'])
  expect(await diff('1.1.0', '1.0.0', policy)).toMatchObject({ trustRegression: [] })
})

import { expect, test } from 'vitest'

import { openGrowthScene } from './growth-scene.ts'

test('v1.0.0 approved; v1.0.1 asks for sockets; v1.1.0 the same; approved again', async () => {
  const { push, approve, pull, growth } = await openGrowthScene()
  const [minor, approved] = [growth('minor'), growth('approved')]
  const first = await push('1.0.0', [])
  expect(await pull('1.0.0', minor)).toBe('admitted')
  expect(await pull('1.0.0', approved)).toMatch(/has no approval by security/)
  expect((await approve(first)).error).toBeUndefined()
  expect(await pull('1.0.0', minor, approved)).toBe('admitted')
  await push('1.0.1', ['sock_accept'])
  const sockets = /sockets\.\S+ lets the module .*, which is not part of/
  expect(await pull('1.0.1', minor)).toMatch(/^CAPABILITY_DENIED/)
  expect(await pull('1.0.1', minor)).toMatch(sockets)
  expect(await pull('1.0.1', approved)).toMatch(sockets)
  const second = await push('1.1.0', ['sock_accept'])
  expect(await pull('1.1.0', minor)).toBe('admitted')
  expect(await pull('1.1.0', approved)).toMatch(sockets)
  expect((await approve(second)).error).toBeUndefined()
  expect(await pull('1.1.0', minor, approved)).toBe('admitted')
})

import { expect, test } from 'vitest'

import { isTransient, networkFailure } from '../../src/http/network-failure.ts'

const refused = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall })

test.for([
  ['EPERM', 'connect'],
  ['ENETDOWN', 'connect'],
  ['EADDRNOTAVAIL', 'connect'],
  ['EMFILE', 'connect'],
  ['EAI_FAIL', 'getaddrinfo'],
] as const)('networkFailure names %s of %s, which it has no words for', ([code, syscall]) => {
  for (const error of [
    refused(code, syscall),
    new AggregateError([refused(code, syscall)], 'every address failed'),
  ]) {
    const failure = networkFailure(error, 'registry.example')
    expect(failure).toMatchObject({
      code: 'UNAVAILABLE',
      exit: 9,
      message: `registry.example cannot be reached (${code})`,
      details: { host: 'registry.example', reason: code },
    })
    expect(isTransient(failure)).toBe(false)
  }
})

test('networkFailure hands back what is none of the network', () => {
  for (const error of [new TypeError('a fault of ours'), 'a text', undefined])
    expect(networkFailure(error, 'registry.example')).toBe(error)
})

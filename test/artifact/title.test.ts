import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { requireSafeFileName } from '../../src/artifact/title.ts'

describe('safeFileName', () => {
  it.each([
    'app.wasm',
    'a.wasm',
    'My App (1).wasm',
    'größe.wasm',
    '日本.wasm',
    'com.wasm',
    'console.wasm',
    'a..b.wasm',
  ])('gives back %j', (title) => expect(requireSafeFileName(title)).toBe(title))

  it.each([
    '',
    '.',
    '..',
    '../x.wasm',
    'com¹.wasm',
    'CONIN$.wasm',
    'con .wasm',
    '/etc/passwd',
    'a/b.wasm',
    'a\\b.wasm',
    '.bashrc',
    '-rf.wasm',
    ' x.wasm',
    'x.wasm ',
    'x.wasm.',
    'C:x.wasm',
    'x.wasm:stream',
    'x\0.wasm',
    'x\n.wasm',
    'x\u001b[2J.wasm',
    'x\u202emsaw.exe',
    'x\u2028.wasm',
    'x\ud800.wasm',
    'con.wasm',
    'Makefile',
    'deploy.yaml',
    'NUL.wasm',
    'com1.wasm',
    `${'é'.repeat(126)}.wasm`,
  ])('S8: refuses %j', (title) => {
    expect(() => requireSafeFileName(title)).toThrow(expect.objectContaining({ code: 'ARTIFACT_MALFORMED' }))
  })

  it('never gives back anything but the very title, and never one with a separator', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (title) => {
        try {
          const name = requireSafeFileName(title)
          expect(name).toBe(title)
          expect(name).not.toMatch(/[/\\\0]|^\.|^-/)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ARTIFACT_MALFORMED' })
        }
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})

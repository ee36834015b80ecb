import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { attachBundle } from '../../src/attestations/attach.ts'
import { APPROVAL_LIST } from '../../src/attestations/approval-list.ts'
import { signStatement } from '../../src/attestations/sign-statement.ts'
import { APPROVAL_PREDICATE } from '../../src/capabilities/growth/approval.ts'
import { WasmpackError } from '../../src/errors.ts'
import { overriding } from './scene.ts'
import {
  approve,
  day,
  growth,
  judge,
  newRepository,
  openGrowthDirectory,
  PLAIN,
  release,
  REPOSITORY,
  signerOf,
  SOCKETS,
} from './growth-scene.ts'

const SOCKETS_REFUSED = /sock\S* lets the module .*, which is not part of/

describe('never, minor and major', () => {
  test.each([
    ['never', '1.0.1', false],
    ['never', '1.1.0', false],
    ['never', '2.0.0', false],
    ['minor', '1.0.1', false],
    ['minor', '1.1.0', true],
    ['minor', '1.1.0-rc.1', true],
    ['minor', '2.0.0', true],
    ['major', '1.0.1', false],
    ['major', '1.1.0', false],
    ['major', '2.0.0', true],
  ] as const)('growth: %s, 1.0.0 to %s: %s', async (kind, version, admitted) => {
    const target = newRepository()
    const policies = await openGrowthDirectory().policies(growth(kind))
    await release(target, '1.0.0')
    await release(target, version, SOCKETS)
    const said = await judge(target, version, policies)
    if (admitted) expect(said).toBe('admitted')
    else expect(said).toMatch(SOCKETS_REFUSED)
  })

  test('every part counts: classes, imports that nobody knows, and grants', async () => {
    const target = newRepository()
    const policies = await openGrowthDirectory().policies(growth('minor'))
    await release(target, '1.0.0', {
      imports: ['fd_write', 'env.get'],
      grants: '{stdio: [stdout], env: {names: [A]}}',
    })
    await release(target, '1.0.1', {
      imports: ['fd_write', 'env.get', 'env.put', 'random_get'],
      grants: '{stdio: [stdout], random: true, env: {names: [A, B]}}',
    })
    const said = await judge(target, '1.0.1', policies)
    expect(said).toMatch(/random lets the module/)
    expect(said).toMatch(/env\.put is not in the catalogue/)
    expect(said).toMatch(/env\.names is granted or has more items/)
    expect(said).not.toMatch(/env\.get/)
    expect(said).toMatch(
      /not part of version 1\.0\.0 \(sha256:[0-9a-f]{64}\), and .*\.yaml:\d+:\d+ spec\.growth is minor/,
    )
    await release(target, '1.0.2', { imports: ['fd_write'], grants: '{stdio: [stdout]}' })
    expect(await judge(target, '1.0.2', policies)).toBe('admitted')
  })

  test('the version before is the newest lower one, not the lowest', async () => {
    const target = newRepository()
    const policies = await openGrowthDirectory().policies(growth('never'))
    await release(target, '1.9.0', SOCKETS)
    await release(target, '1.10.0', PLAIN)
    await release(target, '1.11.0', SOCKETS)
    expect(await judge(target, '1.11.0', policies)).toMatch(/not part of version 1\.10\.0/)
    expect(await judge(target, '1.9.0', policies)).toBe('admitted')
  })

  test('a version that nobody signed, or others, is none before', async () => {
    const target = newRepository()
    const policies = await openGrowthDirectory().policies(growth('never'))
    await release(target, '1.0.0', SOCKETS, { signers: ['other'] })
    await release(target, '1.0.1', SOCKETS, { signers: [] })
    await release(target, '0.9.0', PLAIN)
    await release(target, '1.0.2', SOCKETS)
    expect(await judge(target, '1.0.2', policies)).toMatch(/not part of version 0\.9\.0/)
  })

  test('a version that was refused opens no way for the next one', async () => {
    const target = newRepository()
    const policies = await openGrowthDirectory().policies(growth('minor'))
    await release(target, '1.0.0')
    await release(target, '1.0.1', SOCKETS)
    await release(target, '1.0.2', SOCKETS)
    expect(await judge(target, '1.0.2', policies)).toMatch(/not part of version 1\.0\.0/)
    const denying = await openGrowthDirectory().policies(growth('major', 'deny: [random]'))
    await release(target, '1.1.0', {
      imports: ['fd_write', 'random_get'],
      grants: '{stdio: [stdout], random: true}',
    })
    expect(await judge(target, '1.1.0', denying)).toMatch(/denies/)
  })

  test('the first version of a line needs nothing', async () => {
    const policies = await openGrowthDirectory().policies(growth('never'))
    const target = newRepository()
    await release(target, '1.0.0', SOCKETS)
    expect(await judge(target, '1.0.0', policies)).toBe('admitted')
  })

  test('P13: a version that is absent or none is refused; the tag is not asked', async () => {
    const policies = await openGrowthDirectory().policies(growth('minor'))
    const target = newRepository()
    await release(target, undefined, PLAIN, { tag: '1.0.0' })
    expect(await judge(target, '1.0.0', policies)).toMatch(/has no org\.opencontainers\.image\.version/)
    await release(target, 'latest', PLAIN)
    expect(await judge(target, 'latest', policies)).toMatch(/"latest" is not a version/)
    await release(target, '01.0', PLAIN, { tag: 'odd' })
    expect(await judge(target, 'odd', policies)).toMatch(/is not a version/)
  })

  test('tags that are none, of referrers, or of other versions are not looked at; a tag that lies does not change the version', async () => {
    const policies = await openGrowthDirectory().policies(growth('never'))
    const target = newRepository()
    await release(target, '5.0.0', PLAIN, { tag: '1.0.0' })
    await release(target, '1.0.1', SOCKETS)
    expect(await judge(target, '1.0.1', policies)).toBe('admitted')
  })

  test('more versions than are read are a refusal, and a look-up that fails is that failure', async () => {
    const policies = await openGrowthDirectory().policies(growth('never'))
    const target = newRepository()
    await release(target, '1.0.0')
    await release(target, '2.0.0')
    const tags = Array.from({ length: 101 }, (_, index) => `1.0.${index}`)
    expect(await judge(overriding(target, { tags: () => Promise.resolve(tags) }), '2.0.0', policies)).toMatch(
      /has 101 versions to compare with, more than 100/,
    )
    const down = (): Promise<never> => Promise.reject(new WasmpackError('UNAVAILABLE', 'down'))
    for (const change of [{ tags: down }, { referrers: down }])
      expect(await judge(overriding(target, change), '2.0.0', policies)).toMatch(/^UNAVAILABLE/)
    expect(
      await judge(
        overriding(target, { tags: () => Promise.resolve(['0.1.0', ...tags.slice(0, 1), '2.0.0']) }),
        '2.0.0',
        policies,
      ),
    ).toBe('admitted')
  })
})

describe('approved', () => {
  test('up to the newest approval, and no further', async () => {
    const target = newRepository()
    const policies = await openGrowthDirectory().policies(growth('approved'))
    const first = await release(target, '1.0.0')
    expect(await judge(target, '1.0.0', policies)).toContain(`${REPOSITORY} has no approval by security`)
    await approve(target, first)
    expect(await judge(target, '1.0.0', policies)).toBe('admitted')
    const second = await release(target, '2.0.0', SOCKETS)
    expect(await judge(target, '2.0.0', policies)).toMatch(
      /sock\S* lets .* not part of the newest approval, sha256:/,
    )
    await approve(target, second, { at: day(3) })
    expect(await judge(target, '2.0.0', policies)).toBe('admitted')
    expect(await judge(target, '1.0.0', policies)).toBe('admitted')
  })

  test('P13: a newer approval takes back what an older one gave', async () => {
    const target = newRepository()
    const policies = await openGrowthDirectory().policies(growth('approved'))
    const [plain, sockets] = [await release(target, '1.0.0'), await release(target, '1.1.0', SOCKETS)]
    await approve(target, sockets, { at: day(2) })
    await approve(target, plain, { at: day(3), by: 'deputy' })
    expect(await judge(target, '1.1.0', policies)).toMatch(SOCKETS_REFUSED)
    await approve(target, sockets, { at: day(1) })
    expect(await judge(target, '1.1.0', policies)).toMatch(SOCKETS_REFUSED)
    await approve(target, sockets, { at: day(3) })
    expect(await judge(target, '1.1.0', policies)).toMatch(SOCKETS_REFUSED)
    await approve(target, sockets, { at: day(4) })
    expect(await judge(target, '1.1.0', policies)).toBe('admitted')
  })

  test('P13: by the wrong role, or of another repository, an approval is none', async () => {
    const target = newRepository()
    const policies = await openGrowthDirectory().policies(growth('approved'))
    const digest = await release(target, '1.0.0')
    for (const options of [
      { by: 'release' },
      { repository: 'harbor.corp.example/team/other' },
      { repository: 'harbor.corp.example:8443/team/app' },
    ] as const)
      await approve(target, digest, options)
    expect(await judge(target, '1.0.0', policies)).toMatch(/has no approval by security/)
    await approve(target, digest, { repository: 'HARBOR.corp.example/team/app' })
    expect(await judge(target, '1.0.0', policies)).toBe('admitted')
  })

  test('one of the role that cannot be read, or is dated in the future, refuses', async () => {
    const policies = await openGrowthDirectory().policies(growth('approved'))
    const target = newRepository()
    const digest = await release(target, '1.0.0')
    await approve(target, digest)
    const { approval } = await approve(target, digest, { at: '2999-01-01T00:00:00.000Z' })
    expect(await judge(target, '1.0.0', policies)).toContain(
      `the approval ${approval} is dated 2999-01-01T00:00:00Z, in the future`,
    )
    const other = newRepository()
    const again = await release(other, '1.0.0')
    await approve(other, again)
    const predicate = { repository: REPOSITORY, approvedAt: day(5), until: day(6) }
    const statement = { predicateType: APPROVAL_PREDICATE, predicate, alsoAbout: [APPROVAL_LIST.digest] }
    const bundle = await signStatement(again, statement, await signerOf('security'))
    await attachBundle(other, APPROVAL_LIST, { bundle, predicateType: APPROVAL_PREDICATE, created: day(5) })
    expect(await judge(other, '1.0.0', policies)).toMatch(/unknown key "until"/)
  })

  test('a repository that is not known is a usage error, and a look-up that fails is that failure', async () => {
    const policies = await openGrowthDirectory().policies(growth('approved'))
    const target = newRepository()
    await approve(target, await release(target, '1.0.0'))
    expect(await judge(target, '1.0.0', policies, false)).toMatch(/^USAGE: .* the repository is unknown$/)
    const down = (): Promise<never> => Promise.reject(new WasmpackError('UNAVAILABLE', 'down'))
    expect(await judge(overriding(target, { referrers: down }), '1.0.0', policies)).toMatch(/^UNAVAILABLE/)
  })
})

describe('other policies', () => {
  test('a refused signer approves nothing, and takes back', async () => {
    const target = newRepository()
    const { policies } = openGrowthDirectory()
    const deputy = (await signerOf('deputy')).identities[0]!
    const id = deputy.kind === 'key' ? deputy.id : ''
    const [plain, sockets] = [await release(target, '1.0.0'), await release(target, '1.1.0', SOCKETS)]
    await approve(target, sockets, { at: day(2) })
    await approve(target, plain, { at: day(3), by: 'deputy' })
    const refusing = `refuse: {signers: ["${id}"]}`
    expect(await judge(target, '1.1.0', await policies(growth('approved'), refusing))).toMatch(
      SOCKETS_REFUSED,
    )
    await approve(target, sockets, { at: day(4), by: 'deputy' })
    expect(await judge(target, '1.1.0', await policies(growth('approved')))).toBe('admitted')
    expect(await judge(target, '1.1.0', await policies(growth('approved'), refusing))).toMatch(
      SOCKETS_REFUSED,
    )
  })

  test('where another policy refuses the version before, the next lower one counts beside it', async () => {
    const target = newRepository()
    const { policies } = openGrowthDirectory()
    await release(target, '0.9.0', SOCKETS)
    const before = await release(target, '1.0.0')
    await release(target, '1.1.0', SOCKETS)
    const refusing = `refuse: {digests: ["${before}"]}`
    expect(await judge(target, '1.1.0', await policies(growth('never')))).toMatch(
      /not part of version 1\.0\.0/,
    )
    expect(await judge(target, '1.1.0', await policies(growth('never'), refusing))).toMatch(
      /not part of version 1\.0\.0/,
    )
  })

  test('500 random pairs: one more file never turns a refusal into an admission', async () => {
    const { policies } = openGrowthDirectory()
    const target = newRepository()
    const deputy = (await signerOf('deputy')).identities[0]!
    const id = deputy.kind === 'key' ? deputy.id : ''
    const random = { imports: ['fd_write', 'random_get'], grants: '{stdio: [stdout], random: true}' }
    const digests = [
      await release(target, '1.0.0'),
      await release(target, '1.0.1', SOCKETS),
      await release(target, '1.0.2', PLAIN, { signers: ['release', 'other'] }),
      await release(target, '1.1.0', random),
      await release(target, '1.1.1', SOCKETS),
    ]
    await approve(target, digests[4]!, { at: day(2) })
    await approve(target, digests[3]!, { at: day(3), by: 'deputy' })
    const file = fc.oneof(
      fc
        .tuple(
          fc.constantFrom('never', 'minor', 'major', 'approved'),
          fc.constantFrom('', 'deny: [random]', 'deny: [sockets.*]', 'requireManifest: true'),
        )
        .map(([kind, more]) => growth(kind, more)),
      fc.constantFrom('deny: [random]', 'deny: [sockets.*]'),
      fc
        .uniqueArray(fc.constantFrom(...digests), { minLength: 1, maxLength: 2 })
        .map((some) => `refuse: {digests: ${JSON.stringify(some)}}`),
      fc.constantFrom(
        `refuse: {signers: ["${id}"]}`,
        'signers: {other: [{key: other.pub}]}\nsignatures: [{by: other}]',
      ),
    )
    const seen = { admitted: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(
        file,
        file,
        fc.constantFrom('1.0.1', '1.0.2', '1.1.0', '1.1.1'),
        async (one, more, tag) => {
          const alone = await judge(target, tag, await policies(one))
          seen[alone === 'admitted' ? 'admitted' : 'refused']++
          return alone === 'admitted' || (await judge(target, tag, await policies(one, more))) !== 'admitted'
        },
      ),
      { numRuns: 500 },
    )
    expect(seen.admitted).toBeGreaterThan(10)
    expect(seen.refused).toBeGreaterThan(10)
  }, 60_000)
})

import { describe, expect, test } from 'vitest'

import { enforceTrust } from '../../src/delivery/enforce-trust.ts'
import { chooseVerifier } from '../../src/delivery/trust-policies.ts'
import { readTrust } from '../../src/delivery/trust.ts'
import { WasmpackError } from '../../src/errors.ts'
import { openPrivateKey } from '../../src/signing/private-key.ts'
import { toVerificationKey } from '../../src/signing/public-key.ts'
import { SBOM, statementFor, writeLegacyAttestations } from '../signing/scene.ts'
import { SIGNED_AT } from '../support/sigstore-in-memory/instance.ts'
import { overriding } from './scene.ts'
import {
  type Artifact,
  attest,
  byKey,
  DAY,
  ISSUER,
  judge,
  KEYS,
  newArtifact,
  NOW,
  openDirectory,
  policy,
  PROVENANCE,
  REPOSITORY,
  sign,
  stampedAt,
} from './trust-scene.ts'

const RUNNER = 'https://github.com/actions/runner/github-hosted'
const GOOD = { runDetails: { builder: { id: RUNNER } } }

const rules = (more: string): string =>
  policy(`roots:
  corp: {trustedRoot: corp.json}
  stamped: {trustedRoot: corp.json, logEntries: 0, timestamps: 1, scts: 0}
signers:
  a: [{key: a.pub}]
  all: [{key: a.pub}, {key: b.pub}, {key: c.pub}]
  dev: [{identity: dev@example.com, issuer: ${ISSUER}, root: corp}]
  stamped: [{key: a.pub, root: stamped}]
${more}`)

const BY_RUNNER = `attestations: [{type: slsaprovenance1, by: a, where: [{at: /runDetails/builder/id, is: "https://github.com/actions/runner/*"}]}]`

const keySigner = (name: keyof typeof KEYS) =>
  openPrivateKey(KEYS[name].privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, undefined)

describe('an attestation rule', () => {
  test('is satisfied by its type, its role and what the predicate says, and the place of the rule is named', async () => {
    const { apply } = openDirectory()
    const applied = apply(rules(BY_RUNNER))
    const artifact = await newArtifact()
    expect(await judge(artifact, applied)).toMatch(
      /^TRUST_DENIED: .*0\.yaml:\d+:\d+ spec\.attestations\[0\] requires an attestation slsaprovenance1 \(https:\/\/slsa\.dev\/provenance\/v1\) by a, found 0;/s,
    )
    await attest(artifact, { ...byKey('a'), predicate: GOOD })
    const { target, manifest } = artifact
    const [judgement] = await enforceTrust(target, manifest, applied, {}, NOW)
    expect(judgement).toMatchObject({ attestations: [{ predicateType: PROVENANCE, predicate: GOOD }] })
    expect(judgement!.satisfied).toEqual([
      expect.stringMatching(/spec\.attestations\[0\] requires an attestation .* by a, found 1 \(key sha256:/),
    ])
  })

  test.each([
    [
      'another builder',
      { runDetails: { builder: { id: 'https://evil.example' } } },
      'states "https://evil.example" at',
    ],
    [
      'another depth',
      { runDetails: { builder: { id: `${RUNNER}/x` } } },
      'at /runDetails/builder/id, expected',
    ],
    ['nothing there', { builder: { id: RUNNER } }, 'states nothing at /runDetails/builder/id'],
  ])('where: %s does not count', async (_, predicate, reason) => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    await attest(artifact, { ...byKey('a'), predicate })
    expect(await judge(artifact, apply(rules(BY_RUNNER)))).toContain(reason)
  })

  test('where: all conditions are of one and the same predicate', async () => {
    const { apply } = openDirectory()
    const both = apply(
      rules('attestations: [{type: slsaprovenance1, by: a, where: [{at: /x, is: "1"}, {at: /y, is: "2"}]}]'),
    )
    const artifact = await newArtifact()
    await attest(artifact, { ...byKey('a'), predicate: { x: 1, y: 0 } })
    await attest(artifact, { ...byKey('a'), predicate: { x: 0, y: 2 } })
    expect(await judge(artifact, both)).toContain('found 0')
    await attest(artifact, { ...byKey('a'), predicate: { x: 1, y: 2 } })
    expect(await judge(artifact, both)).toBe('admitted')
  })

  test('P4: atLeast counts signers, not attestations', async () => {
    const { apply } = openDirectory()
    const two = apply(rules('attestations: [{type: spdxjson, by: all, atLeast: 2}]'))
    const artifact = await newArtifact()
    await attest(artifact, { ...byKey('a'), type: SBOM, predicate: { n: 1 } })
    await attest(artifact, { ...byKey('a'), type: SBOM, predicate: { n: 2 } })
    expect(await judge(artifact, two)).toContain('by 2 different signers of all, found 1 (key')
    await attest(artifact, { ...byKey('c'), type: SBOM })
    expect(await judge(artifact, two)).toBe('admitted')
  })

  test('a policy of attestations alone takes the place of a key, and a signature is no attestation', async () => {
    const { apply } = openDirectory()
    const applied = apply(rules(BY_RUNNER))
    expect(chooseVerifier(await readTrust({}), applied, REPOSITORY)).toBe('ignored')
    const artifact = await newArtifact()
    await sign(artifact, byKey('a'))
    expect(await judge(artifact, applied)).toContain('found 0')
  })

  test('an attestation satisfies no rule of signatures', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    await attest(artifact, { ...byKey('a'), type: SBOM })
    expect(await judge(artifact, apply(rules('signatures: [{by: a}]')))).toContain('TRUST_DENIED')
  })

  test('by a signer that a policy refuses does not count', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    await attest(artifact, { ...byKey('a'), predicate: GOOD })
    const refusing = policy(`refuse: {signers: ["${toVerificationKey(KEYS.a.publicKey).id}"]}`)
    expect(await judge(artifact, apply(rules(BY_RUNNER), refusing))).toContain(
      'a signer that a policy refuses',
    )
  })

  test('must have the age that the policy asks of signatures', async () => {
    const { apply } = openDirectory()
    const applied = apply(rules('attestations: [{type: spdxjson, by: stamped}]\nsignedWithin: 10d'))
    const artifact = await newArtifact()
    await attest(artifact, { ...byKey('a'), ...stampedAt(new Date(NOW.getTime() - 11 * DAY)), type: SBOM })
    expect(await judge(artifact, applied)).toContain('was signed at')
    await attest(artifact, { ...byKey('a'), ...stampedAt(new Date(NOW.getTime() - DAY)), type: SBOM })
    expect(await judge(artifact, applied)).toBe('admitted')
    const unlogged = await newArtifact()
    await attest(unlogged, { ...byKey('a'), type: SBOM })
    expect(await judge(unlogged, applied)).toContain('found 0')
    expect(SIGNED_AT.getTime()).toBeLessThan(NOW.getTime())
  })
})

describe('P5: an attestation does not count', () => {
  const refusal = async (
    prepare: (artifact: Artifact) => Promise<void>,
    more = BY_RUNNER,
  ): Promise<string> => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    await prepare(artifact)
    return await judge(artifact, apply(rules(more)))
  }

  test('by another signer than asked', async () => {
    const refused = await refusal((artifact) => attest(artifact, { ...byKey('b'), predicate: GOOD }))
    expect(refused).toMatch(/found 0; signed by another key$/)
  })

  test('of another predicate type under a lying annotation', async () => {
    const refused = await refusal((artifact) =>
      attest(artifact, { ...byKey('a'), type: SBOM, predicate: GOOD, annotation: PROVENANCE }),
    )
    expect(refused).toContain(`found 0; states "${SBOM}", not ${PROVENANCE}`)
  })

  test('but one of the asked type counts under any annotation', async () => {
    expect(
      await refusal((artifact) => attest(artifact, { ...byKey('a'), predicate: GOOD, annotation: SBOM })),
    ).toBe('admitted')
  })

  test('of another subject', async () => {
    const other = await newArtifact({ other: 'yes' })
    const refused = await refusal((artifact) =>
      attest(artifact, { ...byKey('a'), predicate: GOOD, about: other.manifest }),
    )
    expect(refused).toContain('found 0; signed for another artifact')
  })

  test.each([
    ['by another signer', 'b', PROVENANCE, true, 'signed by another key'],
    ['of another predicate type', 'a', SBOM, true, `states "${SBOM}"`],
    ['of another subject', 'a', PROVENANCE, false, 'signed for another artifact'],
  ] as const)('in the legacy format %s', async (_, key, predicateType, isOwn, reason) => {
    const refused = await refusal(async ({ target, manifest }) => {
      const about = isOwn ? manifest : (await newArtifact({ other: 'yes' })).manifest
      const payload = statementFor(about, { predicateType, predicate: GOOD })
      await writeLegacyAttestations({ target, subject: manifest }, [payload], await keySigner(key))
    })
    expect(refused).toContain(`found 0; ${reason}`)
  })

  test('in the legacy format where only bundles are allowed', async () => {
    const write = async ({ target, manifest }: Artifact): Promise<void> => {
      const payload = statementFor(manifest, { predicateType: PROVENANCE, predicate: GOOD })
      await writeLegacyAttestations({ target, subject: manifest }, [payload], await keySigner('a'))
    }
    expect(await refusal(write)).toBe('admitted')
    expect(await refusal(write, `${BY_RUNNER}\nformats: [legacy]`)).toBe('admitted')
    expect(await refusal(write, `${BY_RUNNER}\nformats: [bundle]`)).toContain('found 0')
  })
})

test('P8: a look-up of attestations that fails is that failure', async () => {
  const { apply } = openDirectory()
  const artifact = await newArtifact()
  const down = overriding(artifact.target, {
    referrers: () => Promise.reject(new WasmpackError('UNAVAILABLE', 'down')),
  })
  await expect(enforceTrust(down, artifact.manifest, apply(rules(BY_RUNNER)), {}, NOW)).rejects.toMatchObject(
    { code: 'UNAVAILABLE' },
  )
})

describe('P9: a rule reads an SBOM', () => {
  const BY_NAME = 'attestations: [{type: spdxjson, by: all, where: [{at: /name, is: app}]}]'

  test('of 10 MB, once for all signers of the role', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    await attest(artifact, {
      ...byKey('c'),
      type: SBOM,
      predicate: { name: 'app', pad: 'x'.repeat(10_000_000) },
    })
    let fetched = 0
    const counting = overriding(artifact.target, {
      fetch: (descriptor, operation) => {
        fetched += descriptor.size
        return artifact.target.fetch(descriptor, operation)
      },
    })
    const [judgement] = await enforceTrust(counting, artifact.manifest, apply(rules(BY_NAME)), {}, NOW)
    expect(judgement).toMatchObject({ shortfalls: [], attestations: [{}] })
    expect(fetched).toBeLessThan(15_000_000)
  })

  test('of 100,000 levels, and refuses it without an overflow', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    const deep = `{"name":"app","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    const payload = Buffer.from(
      statementFor(artifact.manifest, { predicateType: SBOM, predicate: '@' })
        .toString()
        .replace('"@"', deep),
    )
    await sign(artifact, { ...byKey('a'), payload })
    expect(await judge(artifact, apply(rules(BY_NAME)))).toContain('TRUST_DENIED')
  })

  test.each([
    [1024, 'admitted'],
    [1025, 'TRUST_DENIED'],
  ])('about %i subjects: %s', async (count, expected) => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    const subjects = Array.from({ length: count - 1 }, (_, at) => ({
      digest: { sha256: at.toString(16).padStart(64, '0') },
    })).concat([{ digest: { sha256: artifact.manifest.digest.slice(7) } }])
    await attest(artifact, { ...byKey('a'), type: SBOM, predicate: { name: 'app' }, subjects })
    expect(await judge(artifact, apply(rules(BY_NAME)))).toContain(expected)
  })
})

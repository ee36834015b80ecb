import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { admitModule, resolveForAdmission } from '../../src/delivery/admit.ts'
import { buildCapabilityAttestation } from '../../src/delivery/capability-attestation.ts'
import { readPolicies } from '../../src/delivery/policies.ts'
import { preparePush } from '../../src/delivery/prepare.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import { computeDigest } from '../../src/oci/digest.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { capabilitiesOf, EPOCH, openFixture, prepareFixture, temporaryDirectory } from './scene.ts'

const policy = (name: string, spec: string): string =>
  `apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityPolicy\nmetadata: {name: ${name}}\nspec: ${spec}\n`

/** A configuration directory with the given policies, and where to put more. */
function scene(files: Readonly<Record<string, string>> = {}) {
  const directory = temporaryDirectory()
  const at = join(directory, 'wasmpack', 'policy.d')
  mkdirSync(at, { recursive: true })
  const write = (path: string, text: string): string => {
    writeFileSync(path, text)
    return path
  }
  for (const [name, text] of Object.entries(files)) write(join(at, name), text)
  return {
    places: { environment: { XDG_CONFIG_HOME: directory } },
    at,
    write: (name: string, text: string) => write(join(directory, name), text),
  }
}

const namesOf = (
  policies: readonly { readonly policy: { readonly metadata: { readonly name: string } } }[],
) => policies.map(({ policy }) => policy.metadata.name)

describe('readPolicies', () => {
  test('adds the named files to those that are in force anyway', async () => {
    const { places, write } = scene({ 'a.yaml': policy('a', '{deny: [fs]}') })
    const policies = await readPolicies([write('b.yaml', policy('b', '{deny: [random]}'))], undefined, places)
    expect(namesOf(policies.of('harbor.corp/app'))).toEqual(['a', 'b'])
  })

  test('leaves out those for other repositories, and says so where the repository is not known', async () => {
    const { places } = scene({
      'a.yaml': policy('a', '{match: {repositories: [harbor.corp/a/**]}, deny: [fs]}'),
      'b.yaml': policy('b', '{deny: [fs]}'),
    })
    const policies = await readPolicies([], undefined, places)
    expect(namesOf(policies.of('harbor.corp/a/x'))).toEqual(['a', 'b'])
    expect(namesOf(policies.of('harbor.corp/b/x'))).toEqual(['b'])
    expect(() => policies.of(undefined)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  test('fails for one that is missing, unreadable or not well-formed, whichever names it', async () => {
    const { places, at, write } = scene()
    await expect(readPolicies([join(at, 'none.yaml')], undefined, places)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    })
    const environment = { ...places.environment, WASMPACK_POLICY: join(at, 'none.yaml') }
    await expect(readPolicies([], undefined, { environment })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    })
    const bad = write('bad.yaml', policy('bad', '{deny: [nothing]}'))
    await expect(readPolicies([bad], undefined, places)).rejects.toMatchObject({ code: 'POLICY_INVALID' })
    mkdirSync(join(at, 'a.yaml'))
    await expect(readPolicies([], undefined, places)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  test('is nothing where nothing is set up', async () => {
    expect((await readPolicies([], undefined, { environment: {}, home: undefined })).of(undefined)).toEqual(
      [],
    )
  })
})

test('what is attested does not depend on the policies in force', async () => {
  const { places } = scene({ 'a.yaml': policy('a', '{limits: {size: 1MiB}}') })
  const requirements = (await readPolicies([], undefined, places))
    .of(undefined)
    .map(({ requirement }) => requirement)
  const options = {
    title: 'c-files.wasm',
    capabilities: capabilitiesOf('c-files'),
    annotations: {},
    created: EPOCH,
  }
  const alone = await preparePush(await openFixture('c-files'), options)
  const held = await preparePush(await openFixture('c-files'), { ...options, requirements })
  expect(held.verdict.limits).toHaveLength(1)
  const digest = computeDigest(Buffer.from('the module'))
  expect(buildCapabilityAttestation(held, digest)).toEqual(buildCapabilityAttestation(alone, digest))
})

test('admit holds an artifact to policies also where its capability manifest is left out', async () => {
  const target = new MemoryTarget()
  await publishArtifact(await prepareFixture('c-files'), { target, tags: ['1'], signedAt: EPOCH }, {})
  const { places } = scene({ 'a.yaml': policy('a', '{deny: [fs.write]}') })
  const requirements = (await readPolicies([], undefined, places))
    .of(undefined)
    .map(({ requirement }) => requirement)
  for (const capabilityCheck of ['required', 'ignored'] as const) {
    const opened = await resolveForAdmission(
      target,
      '1',
      { verifier: 'ignored', capabilityCheck, requirements },
      {},
    )
    const { verdict } = await admitModule(target, opened, undefined, {})
    expect(verdict?.findings.map(({ rule, policy }) => [rule, policy?.path])).toContainEqual([
      'policy-denied',
      'spec.deny[0]',
    ])
    expect(verdict?.allowed).toBe(false)
  }
})

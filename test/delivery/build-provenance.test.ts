import { describe, expect, it, test } from 'vitest'

import { parseStatement } from '../../src/attestations/statement.ts'
import { verifyAttestations } from '../../src/attestations/verify-attestations.ts'
import { readBuildVariables } from '../../src/config/build-variables.ts'
import { buildProvenance } from '../../src/delivery/build-provenance.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import type { Manifest } from '../../src/oci/manifest.ts'
import { parseBundle } from '../../src/signing/bundle-reader.ts'
import { newSigner } from '../signing/scene.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { EPOCH, prepareFixture } from './scene.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const PROVENANCE = 'https://slsa.dev/provenance/v1'

const GITHUB = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/app',
  GITHUB_REPOSITORY_ID: '11',
  GITHUB_REPOSITORY_OWNER_ID: '22',
  GITHUB_WORKFLOW_REF: 'acme/app/.github/workflows/release.yml@refs/tags/v1.0.0',
  GITHUB_REF: 'refs/tags/v1.0.0',
  GITHUB_SHA: COMMIT,
  GITHUB_EVENT_NAME: 'push',
  GITHUB_RUN_ID: '33',
  GITHUB_RUN_ATTEMPT: '1',
  RUNNER_ENVIRONMENT: 'github-hosted',
}

const GITLAB = {
  GITLAB_CI: 'true',
  CI_SERVER_URL: 'https://gitlab.example.com',
  CI_PROJECT_URL: 'https://gitlab.example.com/acme/team/app',
  CI_PROJECT_ID: '11',
  CI_PIPELINE_SOURCE: 'push',
  CI_COMMIT_SHA: COMMIT,
  CI_COMMIT_BRANCH: 'main',
  CI_JOB_ID: '44',
  CI_RUNNER_ID: '55',
}

const provenanceOf = (env: Readonly<Record<string, string>>): object =>
  buildProvenance(readBuildVariables(env)).predicate

it('buildProvenance describes a build of GitHub Actions', () => {
  expect(provenanceOf(GITHUB)).toEqual({
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: {
          ref: 'refs/tags/v1.0.0',
          repository: 'https://github.com/acme/app',
          path: '.github/workflows/release.yml',
        },
      },
      internalParameters: {
        github: {
          event_name: 'push',
          repository_id: '11',
          repository_owner_id: '22',
          runner_environment: 'github-hosted',
        },
      },
      resolvedDependencies: [
        { uri: 'git+https://github.com/acme/app@refs/tags/v1.0.0', digest: { gitCommit: COMMIT } },
      ],
    },
    runDetails: {
      builder: { id: 'https://github.com/actions/runner/github-hosted' },
      metadata: { invocationId: 'https://github.com/acme/app/actions/runs/33/attempts/1' },
    },
  })
})

it('buildProvenance describes a build of GitLab CI, of a branch or a tag', () => {
  expect(provenanceOf(GITLAB)).toEqual({
    buildDefinition: {
      buildType: 'https://wasmpack.dev/buildtypes/gitlab-ci/v1',
      externalParameters: {
        repository: 'https://gitlab.example.com/acme/team/app',
        ref: 'refs/heads/main',
      },
      internalParameters: { gitlab: { event: 'push', project_id: '11' } },
      resolvedDependencies: [
        {
          uri: 'git+https://gitlab.example.com/acme/team/app@refs/heads/main',
          digest: { gitCommit: COMMIT },
        },
      ],
    },
    runDetails: {
      builder: { id: 'https://gitlab.example.com/-/runners/55' },
      metadata: { invocationId: 'https://gitlab.example.com/acme/team/app/-/jobs/44' },
    },
  })
  expect(JSON.stringify(provenanceOf({ ...GITLAB, CI_COMMIT_TAG: 'v1' }))).toContain('refs/tags/v1')
})

test('outside of a known CI system there is no provenance', () => {
  expect(() => provenanceOf({ GITHUB_REPOSITORY: 'acme/app' })).toThrow(
    '--provenance found neither GitHub Actions nor GitLab CI',
  )
})

describe('P12: provenance', () => {
  const SECRET = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a'

  it('has nothing of any variable besides the fixed list', () => {
    const more = {
      GITHUB_TOKEN: SECRET,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret-1',
      CI_JOB_TOKEN: 'secret-2',
    }
    for (const env of [GITHUB, GITLAB]) expect(provenanceOf({ ...env, ...more })).toEqual(provenanceOf(env))
  })

  it.each([
    ...Object.keys(GITHUB).map((name) => [name, GITHUB] as const),
    ...Object.keys(GITLAB).map((name) => [name, GITLAB] as const),
  ])('is refused for a token in %s, which is not shown', (name, env) => {
    let message = ''
    try {
      provenanceOf({ ...env, [name]: SECRET })
    } catch (error) {
      message = String(error)
    }
    expect(message).toContain('--provenance')
    expect(message).not.toContain(SECRET)
  })

  it.each([
    ['GITHUB_SERVER_URL', 'https://user:secret@github.com', GITHUB],
    ['GITHUB_REF', `refs/heads/${SECRET}`, GITHUB],
    ['GITHUB_RUN_ID', '', GITHUB],
    ['CI_PROJECT_URL', 'https://gitlab-ci-token:secret@gitlab.example.com/acme/app', GITLAB],
    ['CI_COMMIT_BRANCH', 'glpat-abcdefghijklmnopqrst', GITLAB],
  ])('is refused for %s=%s', (name, value, env) => {
    expect(() => provenanceOf({ ...env, [name]: value })).toThrow(name)
  })

  it.each([
    ['GITHUB_EVENT_NAME', 'pull_request', GITHUB],
    ['GITHUB_EVENT_NAME', 'pull_request_target', GITHUB],
    ['CI_PIPELINE_SOURCE', 'merge_request_event', GITLAB],
    ['CI_PIPELINE_SOURCE', 'external_pull_request_event', GITLAB],
  ])('is refused for a pull request, which may be from a fork: %s=%s', (name, value, env) => {
    expect(() => provenanceOf({ ...env, [name]: value })).toThrow('the build of a pull request')
  })
})

it('publish attests provenance of the artifact and of its module', async () => {
  const target = new MemoryTarget('test/app')
  const signer = await newSigner()
  const prepared = await prepareFixture('rust-hello')
  const attest = [buildProvenance(readBuildVariables(GITHUB))]
  const request = { tags: ['1.0'], signedAt: EPOCH, target, signer, attest }
  const { digest, attestations } = await publishArtifact(prepared, request, {})
  const found = await verifyAttestations(target, digest, signer.verifier, PROVENANCE)
  expect(found.attestations).toMatchObject([{ digest: attestations![0]!.digest }])
  const attached = (await target.manifest(attestations![0]!.digest)) as Manifest
  const parts: Uint8Array[] = []
  for await (const part of target.fetch(attached.layers[0]!)) parts.push(part)
  const { subjects } = parseStatement(parseBundle(Buffer.concat(parts)).envelope!.payload)
  const { layers } = (await target.manifest(digest)) as Manifest
  expect(subjects.map((subject) => `sha256:${subject.digest['sha256']}`)).toEqual([digest, layers[0]!.digest])
})

import type { BuildVariables, GithubVariables, GitlabVariables } from '../config/build-variables.ts'
import { PREDICATE_TYPES } from '../attestations/predicate-types.ts'
import { WasmpackError } from '../errors.ts'
import type { Attestation } from './attest.ts'

/** The build type of GitLab CI; docs/attestation.md describes its parameters. */
const GITLAB_BUILD_TYPE = 'https://wasmpack.dev/buildtypes/gitlab-ci/v1'

/**
 * The provenance of the build that runs, from the variables of its CI system. https://slsa.dev/spec/v1.1/provenance Throws USAGE
 * outside of a known one, for a pull request, and for a variable that is absent or has another form than the system gives it; its
 * value is not shown.
 */
export function buildProvenance(build: BuildVariables | undefined): Attestation {
  if (build === undefined)
    throw new WasmpackError('USAGE', '--provenance found neither GitHub Actions nor GitLab CI', {
      hint: 'attest what another system says of the build with --attest slsaprovenance1=FILE',
    })
  const predicate =
    build.system === 'github' ? describeGithub(build.variables) : describeGitlab(build.variables)
  return { predicateType: PREDICATE_TYPES.get('slsaprovenance1')!, predicate, aboutModule: true }
}

function describeGithub(variables: GithubVariables): object {
  const read = createReader(variables)
  const event = read('GITHUB_EVENT_NAME', /^[a-z_]{1,64}$/)
  if (event.startsWith('pull_request')) throw refusePullRequest()
  const repository = `${read('GITHUB_SERVER_URL', ORIGIN)}/${read('GITHUB_REPOSITORY', /^[\w.-]{1,100}\/[\w.-]{1,100}$/)}`
  const ref = read('GITHUB_REF', REF)
  const [workflow] = read('GITHUB_WORKFLOW_REF', WORKFLOW).split('@') as [string]
  return {
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: { ref, repository, path: workflow.split('/').slice(2).join('/') },
      },
      internalParameters: {
        github: {
          event_name: event,
          repository_id: read('GITHUB_REPOSITORY_ID', NUMBER),
          repository_owner_id: read('GITHUB_REPOSITORY_OWNER_ID', NUMBER),
          runner_environment: read('RUNNER_ENVIRONMENT', RUNNER),
        },
      },
      resolvedDependencies: [
        { uri: `git+${repository}@${ref}`, digest: { gitCommit: read('GITHUB_SHA', COMMIT) } },
      ],
    },
    runDetails: {
      builder: { id: `https://github.com/actions/runner/${read('RUNNER_ENVIRONMENT', RUNNER)}` },
      metadata: {
        invocationId: `${repository}/actions/runs/${read('GITHUB_RUN_ID', NUMBER)}/attempts/${read('GITHUB_RUN_ATTEMPT', NUMBER)}`,
      },
    },
  }
}

function describeGitlab(variables: GitlabVariables): object {
  const read = createReader(variables)
  const event = read('CI_PIPELINE_SOURCE', /^[a-z_]{1,64}$/)
  if (/(?:merge|pull)_request/.test(event)) throw refusePullRequest()
  const repository = read('CI_PROJECT_URL', PROJECT)
  const ref =
    variables.CI_COMMIT_TAG === undefined
      ? `refs/heads/${read('CI_COMMIT_BRANCH', NAME)}`
      : `refs/tags/${read('CI_COMMIT_TAG', NAME)}`
  return {
    buildDefinition: {
      buildType: GITLAB_BUILD_TYPE,
      externalParameters: { repository, ref },
      internalParameters: { gitlab: { event, project_id: read('CI_PROJECT_ID', NUMBER) } },
      resolvedDependencies: [
        { uri: `git+${repository}@${ref}`, digest: { gitCommit: read('CI_COMMIT_SHA', COMMIT) } },
      ],
    },
    runDetails: {
      builder: { id: `${read('CI_SERVER_URL', ORIGIN)}/-/runners/${read('CI_RUNNER_ID', NUMBER)}` },
      metadata: { invocationId: `${repository}/-/jobs/${read('CI_JOB_ID', NUMBER)}` },
    },
  }
}

// The forms leave no room for credentials: an `@` in an address, or any text where a number or a digest stands.
const NUMBER = /^\d{1,20}$/
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/
const RUNNER = /^(?:github|self)-hosted$/
const ORIGIN = /^https:\/\/[a-z0-9.-]+(?::\d{1,5})?$/i
const PROJECT = /^https:\/\/[a-z0-9.-]+(?::\d{1,5})?(?:\/[\w.-]{1,100}){1,21}$/i
const NAME = /^[\w./+#-]{1,200}$/
const REF = /^refs\/[\w./+#@-]{1,200}$/
const WORKFLOW = /^[\w.-]{1,100}\/[\w.-]{1,100}(?:\/[\w. -]{1,100}){1,10}@[\w./+#@-]{1,200}$/

/** What tokens of GitHub and GitLab begin with, and tokens in three parts. */
const TOKEN = /gh[oprsu]_\w|github_pat_|gl[a-z]{2,5}-\w{20}|eyJ\w+\./

const createReader =
  <Name extends string>(variables: Readonly<Record<Name, string | undefined>>) =>
  (name: Name, form: RegExp): string => {
    const value = variables[name]
    if (value !== undefined && form.test(value) && !TOKEN.test(value)) return value
    throw new WasmpackError(
      'USAGE',
      value === undefined ? `--provenance requires ${name}` : `--provenance: ${name} has an unexpected form`,
      { hint: 'the CI system sets it; a job must not change it' },
    )
  }

/** Its variables name the repository that receives it, while the code may be from a fork. */
const refusePullRequest = (): WasmpackError =>
  new WasmpackError('USAGE', '--provenance does not describe the build of a pull request', {
    hint: 'publish from a branch or a tag, or omit --provenance',
  })

/** The variables of a CI system that describe a build, by this fixed list: no other one is ever read into a statement. */
const GITHUB = [
  'GITHUB_SERVER_URL',
  'GITHUB_REPOSITORY',
  'GITHUB_REPOSITORY_ID',
  'GITHUB_REPOSITORY_OWNER_ID',
  'GITHUB_WORKFLOW_REF',
  'GITHUB_REF',
  'GITHUB_SHA',
  'GITHUB_EVENT_NAME',
  'GITHUB_RUN_ID',
  'GITHUB_RUN_ATTEMPT',
  'RUNNER_ENVIRONMENT',
] as const
const GITLAB = [
  'CI_SERVER_URL',
  'CI_PROJECT_URL',
  'CI_PROJECT_ID',
  'CI_PIPELINE_SOURCE',
  'CI_COMMIT_SHA',
  'CI_COMMIT_TAG',
  'CI_COMMIT_BRANCH',
  'CI_JOB_ID',
  'CI_RUNNER_ID',
] as const

export type GithubVariables = Readonly<Record<(typeof GITHUB)[number], string | undefined>>
export type GitlabVariables = Readonly<Record<(typeof GITLAB)[number], string | undefined>>

/** What a CI system says of the build that runs; an empty variable counts as unset. */
export type BuildVariables =
  | { readonly system: 'github'; readonly variables: GithubVariables }
  | { readonly system: 'gitlab'; readonly variables: GitlabVariables }

/** Undefined outside of GitHub Actions and GitLab CI. */
export function readBuildVariables(
  env: Readonly<Record<string, string | undefined>> = process.env,
): BuildVariables | undefined {
  const pick = <Name extends string>(names: readonly Name[]): Record<Name, string | undefined> =>
    Object.fromEntries(names.map((name) => [name, env[name] || undefined])) as Record<
      Name,
      string | undefined
    >
  if (env['GITHUB_ACTIONS'] === 'true') return { system: 'github', variables: pick(GITHUB) }
  if (env['GITLAB_CI'] === 'true') return { system: 'gitlab', variables: pick(GITLAB) }
  return undefined
}

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { parse, parseAllDocuments } from 'yaml'

import { runChild } from '../child.ts'

// What GitLab makes of a component, and its runner of a job: https://docs.gitlab.com/ci/inputs/ and https://docs.gitlab.com/ci/yaml/

interface InputSpec {
  readonly default?: string | boolean
  readonly type?: 'string' | 'boolean'
  readonly regex?: string
  readonly options?: readonly string[]
}

interface Rule {
  readonly if?: string
  readonly when?: 'never' | 'on_success'
}

export interface GitlabJob {
  readonly extends?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly before_script?: readonly string[]
  readonly script?: readonly string[]
  readonly rules?: readonly Rule[]
  readonly id_tokens?: Readonly<Record<string, { readonly aud: string }>>
  readonly artifacts?: {
    readonly paths?: readonly string[]
    readonly reports?: { readonly dotenv?: string }
  }
}

export type Variables = Readonly<Record<string, string>>

/** The jobs of a component with these inputs. Throws for an input that its specification refuses, as GitLab makes no pipeline then. */
export function includeComponent(
  text: string,
  given: Readonly<Record<string, string | boolean>>,
): Readonly<Record<string, GitlabJob>> {
  const separator = '\n---\n'
  const { spec } = parse(text.slice(0, text.indexOf(separator))) as {
    readonly spec: { readonly inputs: Readonly<Record<string, InputSpec>> }
  }
  for (const name of Object.keys(given))
    if (!Object.hasOwn(spec.inputs, name)) throw new Error(`unknown input ${name}`)
  const inputs = new Map(
    Object.entries(spec.inputs).map(([name, input]) => [name, readInput(name, input, given[name])]),
  )
  // GitLab replaces inputs in the text, before it is read as YAML.
  const body = text
    .slice(text.indexOf(separator) + separator.length)
    .replaceAll(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name: string) => {
      const value = inputs.get(name)
      if (value === undefined) throw new Error(`unknown input ${name}`)
      return value
    })
  const documents = parseAllDocuments(body, { uniqueKeys: true })
  if (documents.length !== 1 || 'empty' in documents) throw new Error('one document is expected')
  for (const error of documents[0]!.errors) throw error
  const jobs = documents[0]!.toJS() as Readonly<Record<string, GitlabJob>>
  return Object.fromEntries(
    Object.entries(jobs)
      .filter(([name]) => !name.startsWith('.'))
      .map(([name, job]) => [name, extendJob(job, jobs)]),
  )
}

function readInput(name: string, spec: InputSpec, given: string | boolean | undefined): string {
  const value = given ?? spec.default
  if (value === undefined) throw new Error(`${name} is required`)
  if (typeof value !== (spec.type ?? 'string')) throw new Error(`${name} is no ${spec.type ?? 'string'}`)
  const text = String(value)
  if (spec.options !== undefined && !spec.options.includes(text))
    throw new Error(`${name} is none of its options`)
  if (spec.regex !== undefined && !new RegExp(spec.regex, 's').test(text))
    throw new Error(`${name} does not match`)
  return text
}

/** Maps are merged, everything else is replaced. */
function extendJob(job: GitlabJob, jobs: Readonly<Record<string, GitlabJob>>): GitlabJob {
  if (job.extends === undefined) return job
  const base = extendJob(jobs[job.extends]!, jobs)
  return { ...base, ...job, variables: { ...base.variables, ...job.variables } }
}

/** Whether a pipeline with these variables has the job. */
export function isIncluded({ rules }: GitlabJob, variables: Variables): boolean {
  if (rules === undefined) return true
  const found = rules.find((rule) => rule.if === undefined || holds(rule.if, variables))
  return found !== undefined && found.when !== 'never'
}

function holds(condition: string, variables: Variables): boolean {
  const found = /^(?:\$(\w+)|"([^"]*)") == "([^"]*)"$/.exec(condition)
  if (found === null) throw new Error(`not imitated: ${condition}`)
  const [, name, literal, right] = found
  return (name === undefined ? literal : variables[name]) === right
}

export interface GitlabResult {
  readonly exit: number
  /** Stdout and stderr. */
  readonly log: string
  /** The variables of the dotenv report, for later jobs. */
  readonly dotenv: Variables
}

/** Runs a job in a project's directory, as the shell of a runner does: one script, which ends with the first line that fails. */
export async function runGitlabJob(
  job: GitlabJob,
  {
    project,
    directory,
    env,
    shell,
  }: {
    readonly project: string
    readonly directory: string
    readonly env: Variables
    readonly shell: 'bash' | 'sh'
  },
): Promise<GitlabResult> {
  mkdirSync(directory, { recursive: true })
  const path = join(directory, 'script')
  const flags = shell === 'bash' ? 'set -eo pipefail' : 'set -e'
  writeFileSync(path, [flags, ...(job.before_script ?? []), ...(job.script ?? [])].join('\n'))
  const outer: Variables = { ...env, CI: 'true', GITLAB_CI: 'true', CI_PROJECT_DIR: project }
  const variables = Object.fromEntries(
    Object.entries(job.variables ?? {}).map(([name, value]) => [
      name,
      expand(value, { ...outer, ...job.variables }),
    ]),
  )
  const run = await runChild(shell, [path], { cwd: project, env: { ...outer, ...variables } })
  const dotenv = job.artifacts?.reports?.dotenv
  return {
    exit: run.exit,
    log: run.stdout + run.stderr,
    dotenv:
      dotenv === undefined || run.exit !== 0 ? {} : readDotenv(readFileSync(join(project, dotenv), 'utf8')),
  }
}

/** $NAME and ${NAME}; `$$` is a dollar sign. A value that is put in is not read again. */
const expand = (text: string, variables: Variables): string =>
  text.replaceAll(/\$\$|\$(\w+)|\$\{(\w+)\}/g, (all, plain?: string, braced?: string) =>
    all === '$$' ? '$' : (variables[plain ?? braced ?? ''] ?? ''),
  )

function readDotenv(text: string): Variables {
  const lines = text.trimEnd().split('\n')
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? []
      if (name === undefined) throw new Error(`invalid line in a dotenv report: ${line}`)
      return [name, value!]
    }),
  )
}

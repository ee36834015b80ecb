import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { parse } from 'yaml'

import { type Run, runChild } from '../child.ts'
import { evaluate, interpolate, isMet, type Scope, type Value } from './expressions.ts'
import { readCommands, type WorkflowCommand } from './workflow-commands.ts'

// What a runner of GitHub Actions does with steps: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax

interface Step {
  readonly id?: string
  readonly name?: string
  readonly if?: string | boolean
  readonly run?: string
  readonly shell?: string
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, unknown>>
}

interface Action {
  readonly inputs?: Readonly<Record<string, { readonly required?: boolean; readonly default?: string }>>
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>
  readonly runs: { readonly using: string; readonly steps: readonly Step[] }
}

export interface StepResult {
  readonly name: string
  readonly outcome: 'success' | 'failure' | 'skipped'
  readonly exit?: number
  /** Stdout and stderr. */
  readonly log: string
}

/** What steps did, those of actions among them. */
export interface StepsResult {
  readonly outcome: 'success' | 'failure'
  readonly steps: readonly StepResult[]
  readonly outputs: Readonly<Record<string, string>>
  /** The commands that the runner obeyed. */
  readonly commands: readonly WorkflowCommand[]
  readonly summary: string
}

export interface Job {
  readonly workspace: string
  /** An empty directory for the files of the runner. */
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
  readonly contexts?: Readonly<Record<string, Value>>
  /** The directories of the actions that steps use; those that are not given do nothing. */
  readonly actions?: Readonly<Record<string, string>>
}

/** Runs the steps of one job as a runner does, one process and one set of files for each. */
export class GithubRunner {
  readonly #job: Job
  readonly #results: StepResult[] = []
  readonly #commands: WorkflowCommand[] = []
  #summary = ''
  #path: readonly string[] = []
  #exported: Readonly<Record<string, string>> = {}
  #files = 0

  constructor(job: Job) {
    this.#job = job
    mkdirSync(join(job.directory, 'temp'), { recursive: true })
  }

  /** Runs a composite action with these inputs, as the only step of a job. */
  async runAction(directory: string, inputs: Readonly<Record<string, string>>): Promise<StepsResult> {
    const outputs = await this.#runComposite(resolve(directory), inputs, {})
    return this.#end(outputs.failed, outputs.outputs)
  }

  /** Runs a job of a workflow. */
  async runJob(workflow: string, name: string): Promise<StepsResult> {
    const { jobs } = parse(workflow) as {
      readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>
    }
    const { failed, steps } = await this.#runSteps(jobs[name]!.steps, {}, {}, undefined)
    return this.#end(failed, toOutputs(steps))
  }

  #end(failed: boolean, outputs: Readonly<Record<string, string>>): StepsResult {
    return {
      outcome: failed ? 'failure' : 'success',
      steps: this.#results,
      outputs,
      commands: this.#commands,
      summary: this.#summary,
    }
  }

  async #runComposite(
    directory: string,
    given: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>>,
  ): Promise<{ readonly failed: boolean; readonly outputs: Readonly<Record<string, string>> }> {
    const action = parse(readFileSync(join(directory, 'action.yml'), 'utf8')) as Action
    if (action.runs.using !== 'composite') throw new Error('only composite actions are imitated')
    const declared = Object.entries(action.inputs ?? {})
    for (const name of Object.keys(given))
      if (!Object.hasOwn(action.inputs ?? {}, name)) throw new Error(`the action has no input ${name}`)
    const inputs = Object.fromEntries(
      declared.map(([name, { default: value = '' }]) => [name, given[name] ?? value]),
    )
    const { failed, steps } = await this.#runSteps(action.runs.steps, { inputs }, env, directory)
    const scope = this.#scope({ inputs, steps }, failed)
    const outputs = Object.entries(action.outputs ?? {}).map(([name, { value }]) => [
      name,
      interpolate(value, scope),
    ])
    return { failed, outputs: Object.fromEntries(outputs) }
  }

  async #runSteps(
    list: readonly Step[],
    contexts: Readonly<Record<string, Value>>,
    outer: Readonly<Record<string, string>>,
    action: string | undefined,
  ): Promise<{ readonly failed: boolean; readonly steps: Readonly<Record<string, Value>> }> {
    const steps: Record<string, Value> = {}
    let failed = false
    for (const step of list) {
      const scope = this.#scope({ ...contexts, steps }, failed)
      const name = step.name ?? step.id ?? step.uses ?? step.run?.split('\n')[0] ?? ''
      const condition = step.if === undefined ? undefined : String(step.if)
      if (!isMet(condition, scope)) {
        this.#results.push({ name, outcome: 'skipped', log: '' })
        if (step.id !== undefined) steps[step.id] = { outcome: 'skipped', outputs: {} }
        continue
      }
      const own = Object.entries(step.env ?? {}).map(([key, value]) => [
        key,
        interpolate(String(value), scope),
      ])
      const env = { ...outer, ...Object.fromEntries(own) }
      const done = await (step.uses === undefined
        ? this.#runScript(step, name, scope, env, action)
        : this.#runUsed(step, name, scope, env))
      failed ||= done.failed
      if (step.id !== undefined)
        steps[step.id] = { outcome: done.failed ? 'failure' : 'success', outputs: done.outputs }
    }
    return { failed, steps }
  }

  async #runUsed(step: Step, name: string, scope: Scope, env: Readonly<Record<string, string>>) {
    const directory = this.#job.actions?.[step.uses!.replace(/@.*$/, '')]
    const inputs = Object.entries(step.with ?? {}).map(([key, value]) => [
      key,
      interpolate(String(value), scope),
    ])
    if (directory !== undefined) return this.#runComposite(directory, Object.fromEntries(inputs), env)
    this.#results.push({ name, outcome: 'success', log: JSON.stringify(Object.fromEntries(inputs)) })
    return { failed: false, outputs: {} }
  }

  async #runScript(
    step: Step,
    name: string,
    scope: Scope,
    env: Readonly<Record<string, string>>,
    action: string | undefined,
  ) {
    if (action !== undefined && step.shell !== 'bash') throw new Error('steps of an action name their shell')
    const file = (kind: string): string => {
      const path = join(this.#job.directory, `${kind}-${this.#files}`)
      writeFileSync(path, '')
      return path
    }
    this.#files++
    const [script, output, variables, path, summary] = ['script', 'output', 'env', 'path', 'summary'].map(
      file,
    ) as [string, string, string, string, string]
    writeFileSync(script, interpolate(step.run!, scope))
    const all: Record<string, string> = {
      ...this.#job.env,
      ...this.#exported,
      ...env,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_OUTPUT: output,
      GITHUB_ENV: variables,
      GITHUB_PATH: path,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_WORKSPACE: this.#job.workspace,
      RUNNER_TEMP: join(this.#job.directory, 'temp'),
      ...(action === undefined ? {} : { GITHUB_ACTION_PATH: action }),
      PATH: [...this.#path, this.#job.env['PATH'] ?? ''].join(':'),
    }
    const shell = ['--noprofile', '--norc', '-e', '-o', 'pipefail', script]
    const run: Run = await runChild('bash', shell, { cwd: this.#job.workspace, env: all })
    const log = run.stdout + run.stderr
    this.#commands.push(...readCommands(run.stdout), ...readCommands(run.stderr))
    this.#path = [...readFileSync(path, 'utf8').split('\n').filter(Boolean).toReversed(), ...this.#path]
    this.#exported = { ...this.#exported, ...readPairs(readFileSync(variables, 'utf8')) }
    this.#summary += readFileSync(summary, 'utf8')
    this.#results.push({ name, outcome: run.exit === 0 ? 'success' : 'failure', exit: run.exit, log })
    return { failed: run.exit !== 0, outputs: readPairs(readFileSync(output, 'utf8')) }
  }

  #scope(contexts: Readonly<Record<string, Value>>, failed: boolean): Scope {
    return { contexts: { env: this.#exported, ...this.#job.contexts, ...contexts }, failed }
  }
}

/** NAME=VALUE, or NAME<<MARK with lines up to MARK. */
function readPairs(text: string): Readonly<Record<string, string>> {
  const pairs: Record<string, string> = {}
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    if (line === '') continue
    const [, name, kind, rest] = /^([^=<]+)(=|<<)(.*)$/.exec(line) ?? []
    if (name === undefined) throw new Error(`invalid line in a file of the runner: ${line}`)
    if (kind === '=') {
      pairs[name] = rest!
      continue
    }
    const end = lines.indexOf(rest!, at + 1)
    if (end < 0) throw new Error(`no ${rest} after ${line}`)
    pairs[name] = lines.slice(at + 1, end).join('\n')
    at = end
  }
  return pairs
}

/** Every output of the steps of a job, as STEP.NAME. */
const toOutputs = (steps: Readonly<Record<string, Value>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.keys(steps).flatMap((id) => {
      const outputs = evaluate(`steps.${id}.outputs`, { contexts: { steps }, failed: false })
      return Object.entries(outputs as Readonly<Record<string, string>>).map(([name, value]) => [
        `${id}.${name}`,
        value,
      ])
    }),
  )

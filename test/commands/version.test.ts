import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, onTestFinished, test } from 'vitest'

import { runChild, transcript } from '../support/child.ts'
import { runCommand } from '../support/in-process.ts'

const ROOT = join(import.meta.dirname, '../..')
const accepts = new Ajv2020({ strict: true, allErrors: true }).compile(
  JSON.parse(readFileSync('schemas/version.v1alpha1.schema.json', 'utf8')) as object,
)

interface Version {
  readonly installation: { readonly kind: string; readonly directory: string }
  readonly documentation?: string
}

/** The built wasmpack at a place of its own, with these directories of the checkout. */
function installAt(
  place: string,
  ...parts: readonly string[]
): (...args: readonly string[]) => Promise<string> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'wasmpack-version-')))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const target = join(directory, place)
  mkdirSync(dirname(target), { recursive: true })
  for (const part of ['bin', 'dist', 'package.json', ...parts])
    cpSync(join(ROOT, part), join(target, part), { recursive: true })
  return async (...args) => {
    const run = await runChild(process.execPath, [join(target, 'bin/wasmpack.cjs'), ...args], { env: {} })
    expect(run.exit, transcript(run)).toBe(0)
    return run.stdout.replaceAll(target, '<here>')
  }
}

const readVersion = async (wasmpack: (...args: readonly string[]) => Promise<string>): Promise<Version> => {
  const version = JSON.parse(await wasmpack('version', '--format', 'json')) as Version
  accepts(version)
  expect(accepts.errors).toBeNull()
  return version
}

test('version --format json is what its schema says, and the same twice', async () => {
  const [first, second] = [await runCommand(['version']), await runCommand(['version'])]
  accepts(first.json)
  expect(accepts.errors).toBeNull()
  expect(first.json).toMatchObject({
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    installation: { kind: 'checkout', directory: ROOT },
    documentation: join(ROOT, 'docs'),
  })
  expect(second).toEqual(first)
})

test('a package of npm names its directory and its pages, and --help names them too', async () => {
  const wasmpack = installAt('lib/node_modules/wasmpack', 'docs')
  expect(await readVersion(wasmpack)).toMatchObject({
    installation: { kind: 'npm', directory: '<here>' },
    documentation: '<here>/docs',
  })
  expect(await wasmpack('version')).toContain('installed  npm package <here>\ndocs       <here>/docs\n')
  expect(await wasmpack('--help')).toContain('\nDocumentation:\n  <here>/docs\n')
})

test('without pages none are named', async () => {
  const wasmpack = installAt('opt/wasmpack')
  const version = await readVersion(wasmpack)
  expect(version.installation).toEqual({ kind: 'directory', directory: '<here>' })
  expect(version).not.toHaveProperty('documentation')
  expect(await wasmpack('version')).toContain('docs       not installed\n')
  expect(await wasmpack('--help')).not.toContain('Documentation')
})

test('the bundle knows its commit if it was built from one', async () => {
  const repository = realpathSync(mkdtempSync(join(tmpdir(), 'wasmpack-commit-')))
  onTestFinished(() => rmSync(repository, { recursive: true }))
  const git = async (...args: readonly string[]): Promise<string> => {
    const name = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
    const run = await runChild('git', [...name, ...args], {
      cwd: repository,
      env: { PATH: process.env['PATH']!, HOME: repository, GIT_CONFIG_NOSYSTEM: '1' },
    })
    expect(run.exit, transcript(run)).toBe(0)
    return run.stdout.trim()
  }
  const { readCommit } = await import('../../scripts/read-commit.mjs')
  expect(readCommit(repository)).toBeUndefined()
  await git('init', '--quiet')
  writeFileSync(join(repository, 'file'), 'one\n')
  await git('add', 'file')
  await git('commit', '--quiet', '--message', 'one')
  expect(readCommit(repository)).toBe(await git('rev-parse', 'HEAD'))
  mkdirSync(join(repository, 'unpacked'))
  expect(readCommit(join(repository, 'unpacked'))).toBeUndefined()
  writeFileSync(join(repository, 'file'), 'two\n')
  expect(readCommit(repository)).toBeUndefined()
})

import { readdirSync, readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { runChild } from './support/child.ts'

interface Metafile {
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs: Readonly<
    Record<string, { readonly imports: readonly { readonly path: string; readonly external?: boolean }[] }>
  >
}

const metafile = JSON.parse(readFileSync('dist/metafile.json', 'utf8')) as Metafile
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>

const bundled = new Set(
  Object.keys(metafile.inputs).flatMap(
    (path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  ),
)

test('the licence text of everything that is bundled ships with it, and of nothing else', () => {
  const sections = readFileSync('dist/THIRD-PARTY-LICENSES.txt', 'utf8').split(`\n${'-'.repeat(80)}\n\n`)
  const named = sections.map((section) => /^(\S+) \S+ \([^)]+\)\n\n\S/.exec(section)?.[1])
  expect(new Set(named)).toEqual(bundled)
  for (const section of sections) expect(section.length).toBeGreaterThan(200)
})

test('the bundle needs nothing but Node', () => {
  const external = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter((found) => found.external).map(({ path }) => path),
  )
  expect(external.filter((path) => !/^(?:node:)?(?:[a-z_]+)(?:\/[a-z]+)?$/.test(path))).toEqual([])
  expect(manifest['dependencies']).toBeUndefined()
  expect(manifest['optionalDependencies']).toBeUndefined()
})

test('the package holds what is loaded only when it is needed', async () => {
  const run = await runChild('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    env: { PATH: process.env['PATH']!, HOME: process.env['HOME'] ?? '' },
  })
  const [packed] = JSON.parse(run.stdout) as [{ readonly files: readonly { readonly path: string }[] }]
  const paths = new Set(packed.files.map(({ path }) => path))
  const assets = readdirSync('assets', { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.includes('.'),
  )
  expect(assets.length).toBeGreaterThan(10)
  expect(assets.filter((path) => !paths.has(`assets/${path}`))).toEqual([])
})

test('the lock file names no download address', () => {
  expect(readFileSync('package-lock.json', 'utf8')).not.toMatch(/"resolved": *"https?:/)
})

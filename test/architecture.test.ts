import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

import { expect, test } from 'vitest'

/** Top to bottom; an import only ever goes down, and rooms on one floor do not know each other. */
const FLOORS: readonly (readonly string[])[] = [
  ['cli'],
  ['commands'],
  ['delivery'],
  ['gitops'],
  ['artifact', 'attestations', 'capabilities', 'runtimes', 'sbom'],
  ['trust'],
  ['signing'],
  ['oci', 'oidc', 'wasm', 'ui'],
  ['documents', 'http', 'config', 'processes', 'tar'],
  ['files'],
  ['redacted'],
  [
    'hosts',
    'errors',
    'version',
    'json',
    'collect',
    'printable',
    'listing',
    'in-parallel',
    'on-abort',
    'time',
  ],
]

/**
 * Inside a room, top to bottom: folders, and single files where one stands between folders. `*` is every file that stands in the
 * room itself and is not named.
 */
const SUB_ROOMS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  attestations: [['*'], ['predicates']],
  commands: [['command-table.ts'], ['*'], ['copy', 'gitops', 'push'], ['flags', 'show'], ['cli']],
  delivery: [['*'], ['open', 'targets'], ['files'], ['assets.ts']],
  capabilities: [
    ['declarations'],
    ['growth'],
    ['explain', 'diff', 'init', 'targets'],
    ['policy'],
    ['evaluate'],
    ['unknown'],
    ['catalog'],
    ['manifest'],
    ['values'],
  ],
  artifact: [['*'], ['profiles'], ['annotations.ts']],
  'capabilities/catalog': [['*'], ['families'], ['classes.ts'], ['classes'], ['class-rule.ts']],
  oci: [['archive', 'registry', 'cache'], ['layout'], ['*']],
  gitops: [['*'], ['argocd', 'references', 'bundle'], ['render', 'readers'], ['runtimes']],
  oidc: [['sources', 'flows'], ['*']],
  signing: [
    ['keyless', 'witnesses', 'tuf', 'kms'],
    ['services'],
    [
      'signing.ts',
      'sign-with-testimony.ts',
      'demand-testimony.ts',
      'signer.ts',
      'private-key.ts',
      'witness.ts',
      'verifier.ts',
    ],
    ['requirement.ts'],
    ['identity'],
    ['*'],
  ],
  'oci/registry': [['*'], ['blobs'], ['manifests'], ['connection.ts'], ['auth'], ['errors'], ['credentials']],
  wasm: [['*'], ['component'], ['core'], ['types'], ['binary']],
}
const PURE = [/^wasm\//, /^oci\/[^/]+$/, /^artifact\//, /^capabilities\//, /^gitops\//, /^trust\//, /^sbom\//]
const IMPURE = /^node:(?:fs|net|http|https|tls|dns|process|child_process|os|timers)/

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.ts'),
)
const roomOf = (path: string): string => path.split('/')[0]!.replace(/\.ts$/, '')
const floorOf = (room: string): number => FLOORS.findIndex((rooms) => rooms.includes(room))
const importsOf = (path: string): readonly string[] =>
  [...readFileSync(join('src', path), 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(
    (found) => found[1]!,
  )

const targetsOf = (path: string): readonly string[] =>
  importsOf(path)
    .filter((name) => name.startsWith('.') && !name.endsWith('.json'))
    .map((name) => relative('src', normalize(join('src', dirname(path), name))))

test('every source file stands in a room that has a floor', () => {
  expect(sources.filter((path) => floorOf(roomOf(path)) < 0)).toEqual([])
})

test('an import only goes down the floors', () => {
  const climbing = sources.flatMap((path) =>
    targetsOf(path)
      .filter((target) => roomOf(target) !== roomOf(path) && floorOf(roomOf(target)) <= floorOf(roomOf(path)))
      .map((target) => `${path} -> ${target}`),
  )
  expect(climbing).toEqual([])
})

test.each(Object.entries(SUB_ROOMS))('inside %s an import only goes down', (room, layers) => {
  const partOf = (path: string): string => path.slice(room.length + 1).split('/')[0]!
  const layerOf = (path: string): number => {
    const found = layers.findIndex((parts) => parts.includes(partOf(path)))
    return found < 0 && partOf(path).endsWith('.ts')
      ? layers.findIndex((parts) => parts.includes('*'))
      : found
  }
  const inside = sources.filter((path) => path.startsWith(`${room}/`))
  expect(inside.filter((path) => layerOf(path) < 0)).toEqual([])
  const climbing = inside.flatMap((path) =>
    targetsOf(path)
      .filter((target) => target.startsWith(`${room}/`) && partOf(target) !== partOf(path))
      .filter((target) =>
        partOf(target).endsWith('.ts') && partOf(path).endsWith('.ts')
          ? layerOf(target) < layerOf(path)
          : layerOf(target) <= layerOf(path),
      )
      .map((target) => `${path} -> ${target}`),
  )
  expect(climbing).toEqual([])
})

test('a room with folders has an order for them', () => {
  const holding = new Set(
    sources.flatMap((path) => (path.split('/').length > 2 ? [dirname(dirname(path))] : [])),
  )
  expect([...holding].filter((room) => !(room in SUB_ROOMS))).toEqual([])
})

test('no command imports another', () => {
  const commands = new Set(
    importsOf('commands/command-table.ts').filter((name) => name !== './cli/command.ts'),
  )
  const crossing = [...commands].flatMap((command) =>
    importsOf(join('commands', command))
      .filter((name) => commands.has(name))
      .map((name) => `${command} -> ${name}`),
  )
  expect(commands.size).toBeGreaterThan(10)
  expect(crossing).toEqual([])
})

test('pure rooms reach for no file, socket, process or clock', () => {
  const reaching = sources
    .filter((path) => PURE.some((room) => room.test(path)))
    .filter(
      (path) =>
        importsOf(path).some((name) => IMPURE.test(name)) ||
        /\bDate\.now\(|new Date\(\)|\bprocess\./.test(readFileSync(join('src', path), 'utf8')),
    )
  expect(reaching).toEqual([])
})

test('only http opens sockets and only config reads the environment', () => {
  const sockets = sources.filter((path) =>
    importsOf(path).some((name) => /^node:(?:http|https|net|tls|dns)/.test(name)),
  )
  expect(sockets.filter((path) => roomOf(path) !== 'http')).toEqual([])
  const environment = sources.filter((path) =>
    /process\.env|homedir\(/.test(readFileSync(join('src', path), 'utf8')),
  )
  expect(environment.filter((path) => roomOf(path) !== 'config')).toEqual([])
})

test('no name is one of the words that say nothing', () => {
  expect(sources.filter((path) => /util|helper|manager|\binfo\b|\bdata\b/.test(path))).toEqual([])
})

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

import { expect, test } from 'vitest'

/** Top to bottom; an import only ever goes down, and rooms on one floor do not know each other. */
const FLOORS: readonly (readonly string[])[] = [
  ['cli'],
  ['commands'],
  ['delivery'],
  ['artifact', 'signing', 'capabilities', 'runtimes'],
  ['oci', 'wasm', 'ui'],
  ['http', 'config', 'files', 'processes'],
  ['errors', 'version', 'printable', 'in-parallel'],
]
const PURE = [/^wasm\//, /^oci\/[^/]+$/, /^artifact\//, /^capabilities\//]
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

test('every source file stands in a room that has a floor', () => {
  expect(sources.filter((path) => floorOf(roomOf(path)) < 0)).toEqual([])
})

test('an import only goes down the floors', () => {
  const climbing = sources.flatMap((path) =>
    importsOf(path)
      .filter((name) => name.startsWith('.') && !name.endsWith('.json'))
      .map((name) => relative('src', normalize(join('src', dirname(path), name))))
      .filter((target) => roomOf(target) !== roomOf(path) && floorOf(roomOf(target)) <= floorOf(roomOf(path)))
      .map((target) => `${path} -> ${target}`),
  )
  expect(climbing).toEqual([])
})

test('no verb imports another', () => {
  const verbs = new Set(importsOf('commands/command-table.ts').filter((name) => name !== './verb.ts'))
  const crossing = [...verbs].flatMap((verb) =>
    importsOf(join('commands', verb))
      .filter((name) => verbs.has(name))
      .map((name) => `${verb} -> ${name}`),
  )
  expect(verbs.size).toBeGreaterThan(10)
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

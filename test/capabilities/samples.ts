import { evaluate } from '../../src/capabilities/evaluate/evaluate.ts'
import type { CapabilityManifest, HostInterface } from '../../src/capabilities/manifest/manifest.ts'
import type { Grants } from '../../src/capabilities/manifest/grant-table.ts'
import type { Verdict } from '../../src/capabilities/evaluate/verdict.ts'
import type {
  ComponentImport,
  ComponentInspection,
  CoreImport,
  Inspection,
  ModuleInspection,
  WitInspection,
} from '../../src/wasm/types/inspection.ts'
import { NO_TYPES } from '../support/no-types.ts'

const inspected = { size: 100, features: [], customSections: [], producers: {}, metadata: {} }

/** A core module with the given imports, each `module.name` a function unless said otherwise. */
export const core = (...imports: readonly (Partial<CoreImport> & { name: string })[]): ModuleInspection => ({
  ...inspected,
  kind: 'module',
  imports: imports.map((found, index) =>
    Object.assign({ module: 'env', kind: 'func' as const, type: '() -> ()', offset: 10 + index }, found),
  ),
  exports: [],
  memories: [],
  tables: [],
  hasStart: false,
})

/** A core module that imports the given functions of WASI 0.1, blank-separated. */
export const wasip1 = (names: string): ModuleInspection =>
  core(...names.split(' ').map((name) => ({ module: 'wasi_snapshot_preview1', name })))

/** A component that imports instances with the given functions, or whatever else is spelled out. */
export const component = (
  imports: Readonly<Record<string, readonly string[]>> | readonly Partial<ComponentImport>[],
  exports: readonly string[] = [],
): ComponentInspection => ({
  ...inspected,
  kind: 'component',
  imports: (Array.isArray(imports)
    ? (imports as Partial<ComponentImport>[])
    : Object.entries(imports as Record<string, string[]>).map(([name, functions]) => ({ name, functions }))
  ).map((found, index) =>
    Object.assign({ name: '', kind: 'instance' as const, functions: [], offset: 10 + index }, found),
  ),
  exports: exports.map((name) => ({ name, kind: 'instance' })),
  hasStart: false,
  nested: { modules: 1, components: 0, depth: 1, contents: [] },
  types: NO_TYPES,
})

export const wit: WitInspection = {
  ...inspected,
  kind: 'wit',
  exports: ['acme:log/sink@1.0.0'],
  types: NO_TYPES,
}

/** {@link evaluate} by what the binary itself says alone. */
export const judging = (inspection: Inspection, manifest: CapabilityManifest): Verdict =>
  evaluate({ inspection }, manifest)

export const granting = (grants: Grants, hostInterfaces?: readonly HostInterface[]): CapabilityManifest => ({
  apiVersion: 'wasmpack.dev/v1alpha1',
  kind: 'CapabilityManifest',
  metadata: { name: 'sample' },
  spec: { grants, ...(hostInterfaces && { hostInterfaces }) },
})

/** What toolchains make of a hello-world (`hello`), or of a program that works on files (`files`). */
export const SAMPLES = {
  cHello: wasip1('fd_close fd_fdstat_get fd_seek fd_write proc_exit'),
  cFiles: wasip1(
    'args_get args_sizes_get environ_get environ_sizes_get clock_time_get fd_close fd_fdstat_get ' +
      'fd_fdstat_set_flags fd_prestat_get fd_prestat_dir_name fd_read fd_seek fd_write path_create_directory ' +
      'path_open path_unlink_file proc_exit',
  ),
  goHello: wasip1(
    'sched_yield proc_exit args_get args_sizes_get clock_time_get environ_get environ_sizes_get fd_write ' +
      'random_get poll_oneoff fd_close fd_write fd_fdstat_get fd_fdstat_set_flags fd_prestat_get fd_prestat_dir_name',
  ),
  rustHello: wasip1(
    'environ_get environ_sizes_get fd_close fd_filestat_get fd_prestat_get fd_prestat_dir_name fd_read fd_write ' +
      'path_open proc_exit',
  ),
  assemblyScriptHello: core({ name: 'abort', type: '(i32, i32, i32, i32) -> ()' }),
  adaptedHello: component({
    'wasi:cli/environment@0.2.12': ['get-environment', 'get-arguments'],
    'wasi:cli/exit@0.2.12': ['exit'],
    'wasi:io/error@0.2.12': [],
    'wasi:io/poll@0.2.12': ['[method]pollable.block'],
    'wasi:io/streams@0.2.12': [
      '[method]output-stream.check-write',
      '[method]output-stream.write',
      '[method]output-stream.blocking-flush',
      '[method]output-stream.subscribe',
    ],
    'wasi:cli/stdin@0.2.12': ['get-stdin'],
    'wasi:cli/stdout@0.2.12': ['get-stdout'],
    'wasi:cli/stderr@0.2.12': ['get-stderr'],
    'wasi:cli/terminal-input@0.2.12': [],
    'wasi:cli/terminal-stdin@0.2.12': ['get-terminal-stdin'],
    'wasi:clocks/wall-clock@0.2.12': [],
    'wasi:filesystem/types@0.2.12': [
      '[method]descriptor.write-via-stream',
      '[method]descriptor.append-via-stream',
      '[method]descriptor.get-flags',
      '[method]descriptor.get-type',
      '[method]descriptor.stat',
    ],
    'wasi:filesystem/preopens@0.2.12': ['get-directories'],
  }),
  adaptedFiles: component({
    'wasi:cli/stdout@0.2.12': ['get-stdout'],
    'wasi:filesystem/types@0.2.12': [
      '[method]descriptor.read-via-stream',
      '[method]descriptor.write-via-stream',
      '[method]descriptor.create-directory-at',
      '[method]descriptor.open-at',
      '[method]descriptor.unlink-file-at',
    ],
    'wasi:filesystem/preopens@0.2.12': ['get-directories'],
  }),
  silent: component({}),
} as const

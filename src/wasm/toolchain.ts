import type { ComponentInspection, Inspection, NestedModule, Producers } from './types/inspection.ts'

/** What a binary was made with, as far as it tells. A claim or a likeness: nothing is decided by it. */
export interface Toolchain {
  /** Those of the source first; a runtime that was linked in may add its own. */
  readonly languages: readonly ToolchainTool[]
  readonly tools: readonly ToolchainTool[]
}

export interface ToolchainTool {
  readonly name: string
  readonly version?: string
  /** `producers`: the binary says so itself. Else what of it gives the toolchain away. */
  readonly basis: 'producers' | 'imports' | 'exports' | 'sections'
}

/** What a toolchain can be told by. */
export interface ToolchainTraces {
  readonly producers: Producers
  /** Names of custom sections. */
  readonly sections: readonly string[]
  readonly imports: readonly { readonly module: string; readonly name: string; readonly type?: string }[]
  readonly exports: readonly string[]
}

/**
 * Of a binary as it was inspected. A component that names no language itself was made from the module inside it, to which
 * wit-component has added adapters that say what they were made with: theirs does not count.
 */
export function findToolchain(inspection: Inspection): Toolchain {
  const sections = inspection.customSections.map(({ name }) => name)
  if (inspection.kind === 'module') {
    const { producers, imports, exports } = inspection
    return recognizeToolchain({ producers, sections, imports, exports: exports.map(({ name }) => name) })
  }
  const { producers } = inspection
  const own = recognizeToolchain({ producers, sections, imports: [], exports: [] })
  const program = inspection.kind === 'component' ? findProgram(inspection) : undefined
  if (program === undefined) return own
  const inner = recognizeToolchain({
    producers: program.producers,
    sections: [],
    imports: program.imports,
    exports: [],
  })
  return own.languages.length > 0
    ? own
    : { languages: inner.languages, tools: dropDuplicates([...inner.tools, ...own.tools]) }
}

const dropDuplicates = (tools: readonly ToolchainTool[]): readonly ToolchainTool[] =>
  tools.filter(({ name }, at) => tools.findIndex((other) => other.name === name) === at)

const ADAPTER = /^wit-component:/

/** The largest core module in a component that is not one of wit-component's own. */
function findProgram({ nested }: ComponentInspection): NestedModule | undefined {
  let largest: NestedModule | undefined
  for (const content of nested.contents)
    if (content.kind === 'module' && !ADAPTER.test(content.name ?? '') && content.size > (largest?.size ?? 0))
      largest = content
  return largest
}

/** https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md, and what toolchains leave in names. */
export function recognizeToolchain(traces: ToolchainTraces): Toolchain {
  const languages = new Map<string, ToolchainTool>()
  const tools = new Map<string, ToolchainTool>()
  const add = (to: Map<string, ToolchainTool>, told: ToolchainTool): void => {
    if (!to.has(told.name)) to.set(told.name, told)
  }
  for (const [name, version] of Object.entries(traces.producers['language'] ?? {}))
    add(
      languages,
      toTool(LANGUAGES.get(name.replace(/_?\d+$/, '')) ?? name, parseLanguageVersion(name, version)),
    )
  for (const field of ['sdk', 'processed-by'])
    for (const [name, version] of Object.entries(traces.producers[field] ?? {}))
      add(tools, toTool(name, version))
  for (const { language, tool, basis, matches: shows } of MARKS) {
    if (!shows(traces)) continue
    if (language !== undefined && languages.size === 0) add(languages, { name: language, basis })
    if (tool !== undefined) add(tools, { name: tool, basis })
  }
  return { languages: [...languages.values()], tools: [...tools.values()] }
}

const toTool = (name: string, version: string): ToolchainTool => ({
  name,
  ...(version === '' ? {} : { version }),
  basis: 'producers',
})

/** As DWARF spells them, which is where compilers take the word from; a standard's year stands at the end. */
const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ['C', 'C'],
  ['C_plus_plus', 'C++'],
])

/** `C_plus_plus_14` is C++ of 2014; whatever else is claimed stands beside the name. */
const parseLanguageVersion = (name: string, version: string): string =>
  version === '' && /^C(?:_plus_plus_)?\d+$/.test(name) ? (/\d+$/.exec(name)?.[0] ?? '') : version

interface ToolchainMark {
  readonly language?: string
  readonly tool?: string
  readonly basis: ToolchainTool['basis']
  readonly matches: (traces: ToolchainTraces) => boolean
}

const hasImport =
  (module: string | RegExp, name: string | RegExp = /^/): ToolchainMark['matches'] =>
  ({ imports }) =>
    imports.some((found) => matchesText(found.module, module) && matchesText(found.name, name))

const hasExports =
  (...names: readonly (string | RegExp)[]): ToolchainMark['matches'] =>
  ({ exports }) =>
    names.every((name) => exports.some((found) => matchesText(found, name)))

const matchesText = (text: string, wanted: string | RegExp): boolean =>
  typeof wanted === 'string' ? text === wanted : wanted.test(text)

/** Emscripten renames everything to a few letters, in a module of one letter. */
const isMinified: ToolchainMark['matches'] = ({ imports, exports }) =>
  imports.length > 0 &&
  exports.length > 0 &&
  imports.every(({ module, name }) => module === 'a' && /^\w{1,3}$/.test(name)) &&
  exports.every((name) => /^\w{1,3}$/.test(name))

const MARKS: readonly ToolchainMark[] = [
  {
    tool: 'TinyGo',
    language: 'Go',
    basis: 'imports',
    matches: hasImport('gojs', /^runtime\.(?:sleepT|t)icks$/),
  },
  { language: 'Go', basis: 'imports', matches: hasImport(/^go(?:js)?$/, /^(?:runtime|syscall)[./]/) },
  { language: 'Go', basis: 'sections', matches: ({ sections }) => sections.includes('go:buildid') },
  { tool: 'wasm-bindgen', language: 'Rust', basis: 'imports', matches: hasImport(/^/, /^__wb(?:g|indgen)_/) },
  { tool: 'napi-rs', language: 'Rust', basis: 'exports', matches: hasExports(/^__napi_register__/) },
  {
    tool: 'AssemblyScript',
    language: 'AssemblyScript',
    basis: 'exports',
    matches: hasExports('__new', '__pin', '__unpin', '__rtti_base'),
  },
  {
    tool: 'AssemblyScript',
    language: 'AssemblyScript',
    basis: 'imports',
    matches: ({ imports }) =>
      imports.some(
        ({ module, name, type }) =>
          module === 'env' && name === 'abort' && type === '(i32, i32, i32, i32) -> ()',
      ),
  },
  { tool: 'dart2wasm', language: 'Dart', basis: 'imports', matches: hasImport('dart2wasm') },
  { language: 'MoonBit', basis: 'imports', matches: hasImport(/^__moonbit_/) },
  { tool: 'Mono', language: '.NET', basis: 'exports', matches: hasExports('mono_wasm_load_runtime') },
  {
    tool: 'Emscripten',
    language: 'C or C++',
    basis: 'imports',
    matches: hasImport('env', /^_?emscripten_|^__syscall_|^_abort_js$/),
  },
  { tool: 'Emscripten', language: 'C or C++', basis: 'imports', matches: isMinified },
]

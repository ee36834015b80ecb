import type { ComponentInspection, Inspection, NestedModule, Producers } from './types/inspection.ts'

/** The languages and tools that a binary was built with: a claim or a guess, never a basis for a verdict. */
export interface Toolchain {
  /** Of the source first; a linked runtime may add its own. */
  readonly languages: readonly ToolchainTool[]
  readonly tools: readonly ToolchainTool[]
}

export interface ToolchainTool {
  readonly name: string
  readonly version?: string
  /** `producers`: declared by the binary. Otherwise the part of the binary that it was inferred from. */
  readonly basis: 'producers' | 'imports' | 'exports' | 'sections'
}

/** The parts of a binary from which its toolchain is recognised. */
export interface ToolchainTraces {
  readonly producers: Producers
  /** Names of custom sections. */
  readonly sections: readonly string[]
  readonly imports: readonly { readonly module: string; readonly name: string; readonly type?: string }[]
  readonly exports: readonly string[]
}

/**
 * The toolchain of an inspected binary. For a component that declares no language, the largest core module inside counts;
 * adapters added by wit-component are ignored.
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

/** The largest core module in a component, without the adapters of wit-component. */
function findProgram({ nested }: ComponentInspection): NestedModule | undefined {
  let largest: NestedModule | undefined
  for (const content of nested.contents)
    if (content.kind === 'module' && !ADAPTER.test(content.name ?? '') && content.size > (largest?.size ?? 0))
      largest = content
  return largest
}

/** https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md, and the marks that toolchains leave in names. */
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

/** As DWARF spells them, with the year of the standard at the end. */
const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ['C', 'C'],
  ['C_plus_plus', 'C++'],
])

/** `C_plus_plus_14` is C++14; other languages give their version in the version field. */
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

/** Emscripten minifies names to one to three letters, in a module named `a`. */
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

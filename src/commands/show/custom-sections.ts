import { classifySection } from '../../capabilities/catalog/catalog.ts'
import { countMore } from '../../listing.ts'
import { quoted } from '../../printable.ts'
import { formatProperty } from '../../ui/columns.ts'
import { formatSize } from '../../ui/progress.ts'
import type { CustomSection, Inspection } from '../../wasm/types/inspection.ts'

/** Sections that toolchains write for debuggers, linkers and other tools, and that no host runs. */
const OF_TOOLS =
  /^(?:name|component-name|producers|target_features|linking|reloc\..*|dylink(?:\.0)?|\.debug_.*|\.dep-v0|build_id|sourceMappingURL|external_debug_info|component-type(?::.*)?|metadata\.code\..*|package-docs|registry-metadata|emscripten_metadata|__wasm_bindgen_unstable|version|description|authors|licenses|source|homepage|revision)$/

/** In bytes; smaller sections of unknown purpose are left out of the text. */
const LARGE = 4096
const SHOWN = 5

/** Large custom sections of unknown purpose, the largest first, nested ones too. Those that hosts run are shown as a capability. */
export function describeOtherSections(inspection: Inspection): readonly string[] {
  const nested = inspection.kind === 'component' ? inspection.nested.contents : []
  const others = [inspection, ...nested]
    .flatMap(({ customSections }) => customSections)
    .filter((section) => section.size >= LARGE && isOfUnknownPurpose(section))
    .sort((one, other) => other.size - one.size)
  const lines = others
    .slice(0, SHOWN)
    .map(({ name, size }) => `${quoted(name.slice(0, 60))}, ${formatSize(size)}`)
  return [...lines, ...countMore(others.length - lines.length)].map((line, at) =>
    formatProperty(at === 0 ? 'sections' : '', line),
  )
}

const isOfUnknownPurpose = ({ name, objectFormat }: CustomSection): boolean =>
  objectFormat === undefined && classifySection(name) === undefined && !OF_TOOLS.test(name)

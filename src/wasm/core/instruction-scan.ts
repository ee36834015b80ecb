import type { BinaryReader } from '../binary/binary-reader.ts'
import { passConstantExpression } from './constant-expression.ts'
import { scanDataSegments } from './memory-segments.ts'
import { scanElements } from './element-segments.ts'
import { readGlobal } from './core-entities.ts'
import type { Bodies, DefinitionScan } from './core-module.ts'
import { type Feature, FeatureUse } from '../binary/features.ts'
import { InstructionReader } from './instruction-reader.ts'
import { BODY_LIMIT } from '../binary/limits.ts'
import { createMalformedError } from '../binary/malformed.ts'
import type { BinarySection, Sections } from '../binary/sections.ts'

/** The features that a whole binary needs, including its instructions. */
export interface FeatureScan {
  /** Sorted by name, each with the absolute offset of its first use. */
  readonly features: ReadonlyMap<Feature, number>
  /** Including nested binaries. */
  readonly functions: number
  readonly instructions: number
}

/** Passed to an inspection, it scans the parts that are skipped otherwise. For one binary. */
export class InstructionScan implements DefinitionScan {
  readonly features = new FeatureUse()
  readonly #instructions = new InstructionReader()
  #functions = 0

  /** Valid after the inspection. */
  get result(): FeatureScan {
    return {
      features: this.features.list(),
      functions: this.#functions,
      instructions: this.#instructions.count,
    }
  }

  scanFunctions(reader: BinaryReader, count: number): void {
    for (let left = count; left > 0; left--) reader.u32('a type index')
  }

  scanGlobals(reader: BinaryReader, count: number, importedGlobals: number): ReadonlySet<number> {
    const mutable = new Set<number>()
    for (let global = 0; global < count; global++) {
      if (readGlobal(reader).mutable) mutable.add(importedGlobals + global)
      passConstantExpression(reader, importedGlobals)
    }
    return mutable
  }

  scanElements(reader: BinaryReader, count: number, importedGlobals: number): void {
    scanElements(reader, count, importedGlobals)
  }

  async scanCode(
    sections: Sections,
    section: BinarySection,
    { count, typeCount, hasDataCount }: Bodies,
  ): Promise<void> {
    for (let left = count; left > 0; left--) {
      const { offset } = sections
      const size = await sections.u32('the size of a function body', section.end)
      if (size > BODY_LIMIT)
        throw createMalformedError(`a function body of ${size} bytes, the limit is ${BODY_LIMIT}`, offset)
      const end = sections.offset + size
      if (end > section.end)
        throw createMalformedError(
          `a function body of ${size} bytes does not fit into the code section`,
          offset,
        )
      const body = await sections.load({ ...section, end }, 'a function body', this.features)
      body.typeCount = typeCount
      this.#instructions.readBody(body, hasDataCount)
    }
    this.#functions += count
    const left = section.end - sections.offset
    if (left > 0)
      throw createMalformedError(
        `${left} bytes are left over at the end of the code section`,
        sections.offset,
      )
  }

  scanData(
    sections: Sections,
    section: BinarySection,
    count: number,
    importedGlobals: number,
  ): Promise<void> {
    return scanDataSegments(sections, section, { count, importedGlobals, features: this.features })
  }
}

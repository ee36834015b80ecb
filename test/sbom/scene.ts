import { deflateSync } from 'node:zlib'

import { type BillOfMaterials, describeMaterials } from '../../src/sbom/bill-of-materials.ts'
import { readModuleContents } from '../../src/sbom/module-contents.ts'
import { createBytesCursor } from '../../src/wasm/binary/bytes-cursor.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'
import { custom } from '../support/wasm-builder.ts'

/** The bill of materials of a binary that arrives in pieces. */
export async function readMaterialsOf(bytes: Uint8Array, piece = bytes.length): Promise<BillOfMaterials> {
  const inspection = await inspectBinary(createBytesCursor(bytes))
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece)
  }
  return describeMaterials(inspection, await readModuleContents(chunks(), inspection))
}

/** The section that cargo auditable writes. */
export const auditable = (document: unknown): number[] =>
  custom('.dep-v0', deflateSync(typeof document === 'string' ? document : JSON.stringify(document)))

/** A crate of such a list. */
export const crate = (
  name: string,
  dependencies: readonly number[] = [],
  more: Readonly<Record<string, unknown>> = {},
): object => ({ name, version: '1.0.0', source: 'crates.io', dependencies, ...more })

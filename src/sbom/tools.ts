import { printable } from '../printable.ts'
import type { ToolchainTool } from '../wasm/toolchain.ts'
import type { BillOfMaterials } from './bill-of-materials.ts'

/** A tool or a language with its version, and what it was inferred from where the binary does not declare it. */
export const formatTool = ({ name, version, basis }: ToolchainTool): string =>
  [
    printable(name),
    ...(version === undefined ? [] : [printable(version)]),
    ...(basis === 'producers' ? [] : [`(inferred from ${basis})`]),
  ].join(' ')

/** The tools of the module and of all that it holds, once each, by name. */
export function listTools({ module, nested }: BillOfMaterials): readonly ToolchainTool[] {
  const tools = [module, ...nested].flatMap((part) => part.tools)
  const named = new Map(tools.map((tool) => [`${tool.name} ${tool.version ?? ''}`, tool]))
  return [...named].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, tool]) => tool)
}

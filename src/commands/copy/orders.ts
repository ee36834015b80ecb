import { readCopyList } from '../../delivery/files/copy-list.ts'
import { WasmpackError } from '../../errors.ts'
import { formatRepository, type Reference } from '../../oci/reference.ts'
import { printable } from '../../printable.ts'
import { redactLocation } from '../../redacted.ts'
import { parseDestination, parseTagOrDigest } from '../flags/references.ts'

/** One copy to make. */
export interface Order {
  readonly text: string
  readonly source: Reference
  /** Tag or digest. */
  readonly name: string
  readonly destination: Reference
  readonly tags: readonly string[]
}

/** The copies of a command line, or of the list in a file. Throws USAGE for two copies to one tag. */
export async function readOrders(
  source: string | undefined,
  destination: string | undefined,
  fromFile: string | undefined,
  signal: AbortSignal,
): Promise<readonly Order[]> {
  const usage = (problem: string, hint: string): WasmpackError =>
    new WasmpackError('USAGE', problem, { hint })
  if (fromFile === undefined) {
    if (source === undefined || destination === undefined)
      throw usage(
        `copy needs 2 arguments, got ${source === undefined ? 0 : 1}: SOURCE DESTINATION`,
        `wasmpack copy ${source === undefined ? 'SOURCE' : printable(redactLocation(source))} DESTINATION`,
      )
    return [parseOrder(source, destination)]
  }
  if (source !== undefined)
    throw usage('--from-file cannot be used with SOURCE and DESTINATION', 'pass only one of them')
  const orders = (await readCopyList(fromFile, signal)).map((line) =>
    parseOrder(line.source, line.destination),
  )
  const written = new Map<string, Order>()
  for (const order of orders)
    for (const tag of order.tags) {
      const name = `${formatRepository(order.destination)}:${tag}`
      if (written.has(name))
        throw usage(
          `${fromFile === '-' ? 'stdin' : fromFile} lists two copies to ${name}`,
          'remove one of the two lines',
        )
      written.set(name, order)
    }
  return orders
}

function parseOrder(sourceText: string, destinationText: string): Order {
  const { reference: source, name } = parseTagOrDigest(sourceText)
  const { reference: destination, tags } = parseDestination(destinationText, source)
  return { text: `${sourceText} ${destinationText}`, source, name, destination, tags }
}

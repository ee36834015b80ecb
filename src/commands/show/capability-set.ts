import type { CapabilitySet } from '../../capabilities/diff/find-growth.ts'
import { formatHostInterface } from '../../capabilities/evaluate/host-interfaces.ts'
import { toYamlFlow } from '../../documents/yaml-flow.ts'
import { countMore } from '../../listing.ts'
import { printable } from '../../printable.ts'
import { wrapWords } from '../../ui/columns.ts'
import { IN_JSON } from './in-json.ts'

const MOST_ITEMS = 50

/** What an approval covers, as text. */
export function describeCapabilitySet({
  classes,
  imports,
  grants,
  hostInterfaces = [],
}: CapabilitySet): readonly string[] {
  const list = (title: string, items: readonly string[]): readonly string[] => [
    `  ${title}`,
    ...(items.length === 0
      ? ['    none']
      : wrapWords(
          items.slice(0, MOST_ITEMS).map((item) => printable(item)),
          { indent: 4, lines: MOST_ITEMS },
        )),
    ...countMore(items.length - MOST_ITEMS, IN_JSON).map((line) => `    ${line}`),
  ]
  return [
    ...list('classes of imports', classes),
    ...(imports.length === 0
      ? []
      : list('imports that are not in the catalogue', imports.map(formatHostInterface))),
    ...list('grants', [
      ...Object.entries(grants).map(([name, value]) => toYamlFlow({ [name]: value })),
      ...hostInterfaces.map(formatHostInterface),
    ]),
  ]
}

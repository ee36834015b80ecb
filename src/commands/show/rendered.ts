import { sortKeys, writeYaml } from '../../documents/yaml-text.ts'
import { WasmpackError } from '../../errors.ts'
import type { Enforcement } from '../../gitops/render/enforcement.ts'
import type { Rendered } from '../../gitops/render/target.ts'
import { listFirst } from '../../listing.ts'
import { printable } from '../../printable.ts'
import { alignColumns } from '../../ui/columns.ts'

/** What was rendered, as `--format json` prints it. */
export function toRenderedJson(rendered: Rendered, url: string): unknown {
  const { enforcement, notes = [] } = rendered
  const common = { url, enforcement, notes }
  switch (rendered.kind) {
    case 'objects':
      return sortKeys({ apiVersion: 'v1', kind: 'List', items: rendered.objects, ...common })
    case 'template':
      return sortKeys({ template: rendered.template, ...common })
    case 'configuration':
      return sortKeys({ configuration: rendered.configuration, ...common })
    case 'command':
      return sortKeys({ argv: rendered.argv, ...common })
  }
}

/** The same as text: YAML, or a line for a shell. */
export function formatRendered(rendered: Rendered): string {
  switch (rendered.kind) {
    case 'objects':
      return writeYaml(rendered.objects.map(sortKeys)).trimEnd()
    case 'template':
      return writeYaml([sortKeys(rendered.template)]).trimEnd()
    case 'configuration':
      return writeYaml([sortKeys(rendered.configuration)]).trimEnd()
    case 'command':
      return rendered.argv.map(quoteForShell).join(' ')
  }
}

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02 */
function quoteForShell(argument: string): string {
  if (printable(argument) !== argument)
    throw new WasmpackError('USAGE', `an argument cannot be shown on a terminal: ${printable(argument)}`, {
      hint: 'pass --format json, and run argv as it is',
    })
  return /^[A-Za-z0-9_./:=,@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}

const SHOWN = 3

/** A line for each grant and limit: who keeps it, where or why. */
export const describeEnforcement = (enforcement: readonly Enforcement[]): readonly string[] =>
  enforcement.length === 0
    ? ['  nothing is granted']
    : alignColumns(
        enforcement.map(({ grant, items = [], by, field, note }) => [
          by,
          printable(items.length === 0 ? grant : `${grant}: ${listFirst(items, SHOWN)}`),
          [field, note === undefined ? undefined : `(${note})`]
            .filter((part) => part !== undefined)
            .join(' '),
        ]),
        { indent: 2 },
      )

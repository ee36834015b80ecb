import { listCatalog } from '../catalog/catalog.ts'
import { expandDenyEntry } from '../catalog/denied-classes.ts'
import { parseTrackedName } from '../catalog/interface-name.ts'

/** What a name stands for that no import has, and the names that it stands for. */
interface BroaderName {
  readonly meaning: string
  readonly near: readonly string[]
}

/** A name of several interfaces, which is a package, or of several classes, as policies deny them; undefined for any other. */
export function findBroaderName(text: string): BroaderName | undefined {
  const owner = `${text.replace(/@.*$/, '')}/`
  const interfaces = listCatalog()
    .map(({ name }) => parseTrackedName(name).name)
    .filter((name) => owner.includes(':') && name.startsWith(owner))
  if (interfaces.length > 0)
    return { meaning: 'this is a package; modules import its interfaces', near: [...new Set(interfaces)] }
  if (text === 'unknown')
    return {
      meaning: 'in a policy, `deny: [unknown]` denies all imports that are not in the catalogue',
      near: [],
    }
  const classes = [...expandDenyEntry(text)]
  return classes.length === 0
    ? undefined
    : { meaning: 'not an import; in a policy, `deny` expands it to these classes', near: classes }
}

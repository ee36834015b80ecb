import { listCatalog } from '../catalog/catalog.ts'
import { expandDenyEntry } from '../catalog/denied-classes.ts'
import { parseTrackedName } from '../catalog/interface-name.ts'

/** The meaning of a name that is not an import, and the names that it includes. */
interface BroaderName {
  readonly meaning: string
  readonly near: readonly string[]
}

/** Explains the name of a package or of a group of classes in policies; undefined for any other name. */
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

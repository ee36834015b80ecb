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
    return { meaning: 'a package is not imported, its interfaces are', near: [...new Set(interfaces)] }
  if (text === 'unknown')
    return { meaning: 'in a policy, `deny: [unknown]` denies all that no rule knows', near: [] }
  const classes = [...expandDenyEntry(text)]
  return classes.length === 0
    ? undefined
    : { meaning: 'no import is called so; in a policy, `deny` takes it for these classes', near: classes }
}

import { catalogListings } from '../catalog/catalog.ts'
import { deniedBy } from '../catalog/denied-classes.ts'
import { parseInterfaceName } from '../catalog/interface-name.ts'

/** What a name stands for that no import has, and the names that it stands for. */
interface BroaderName {
  readonly meaning: string
  readonly near: readonly string[]
}

/** A name of several interfaces, which is a package, or of several classes, as policies deny them; undefined for any other. */
export function broaderName(text: string): BroaderName | undefined {
  const owner = `${text.replace(/@.*$/, '')}/`
  const interfaces = catalogListings()
    .map(({ name }) => parseInterfaceName(name).name)
    .filter((name) => owner.includes(':') && name.startsWith(owner))
  if (interfaces.length > 0)
    return { meaning: 'a package is not imported, its interfaces are', near: [...new Set(interfaces)] }
  if (text === 'unknown')
    return { meaning: 'in a policy, `deny: [unknown]` denies all that no rule knows', near: [] }
  const classes = [...deniedBy(text)]
  return classes.length === 0
    ? undefined
    : { meaning: 'no import is called so; in a policy, `deny` takes it for these classes', near: classes }
}

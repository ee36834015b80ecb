import { WasmpackError } from '../../errors.ts'
import type { Service, ServiceList } from './signing-config.ts'

/** What is chosen: a kind of service as a plural, and the API versions that we speak. */
export interface Choice {
  readonly kind: string
  readonly versions: readonly number[]
  /** In milliseconds since 1970. */
  readonly now: number
}

/**
 * The usable services, newest first, and one per operator: those of the highest version that has any, since versions are not
 * mixed.
 */
function listUsable(services: readonly Service[], { versions, now }: Choice): readonly Service[] {
  const valid = services
    .filter(({ validFrom, validUntil = Number.POSITIVE_INFINITY }) => validFrom <= now && now <= validUntil)
    .toSorted((one, other) => other.validFrom - one.validFrom)
  for (const version of versions.toSorted((one, other) => other - one)) {
    const operators = new Set<string>()
    const found = valid.filter(({ majorApiVersion, operator }) => {
      if (majorApiVersion !== version || operators.has(operator)) return false
      operators.add(operator)
      return true
    })
    if (found.length > 0) return found
  }
  return []
}

/** The newest usable service, or undefined where none is listed. Throws SIGNING_CONFIG_INVALID if none of those listed is usable. */
export function selectService(services: readonly Service[], choice: Choice): Service | undefined {
  if (services.length === 0) return undefined
  const found = listUsable(services, choice)[0]
  if (found === undefined) throw tooFew(choice, 1, 0, services.length)
  return found
}

/** The services to use by the selector: none without services and selector. Throws SIGNING_CONFIG_INVALID if there are too few. */
export function selectServices({ services, selector }: ServiceList, choice: Choice): readonly Service[] {
  if (selector === undefined) {
    if (services.length === 0) return []
    throw new WasmpackError(
      'SIGNING_CONFIG_INVALID',
      `the signing config does not say how many ${choice.kind} to use`,
      {
        hint: 'add a selector to it: ANY, ALL or EXACT',
      },
    )
  }
  const usable = listUsable(services, choice)
  const wanted = selector.kind === 'EXACT' ? selector.count : 1
  if (usable.length < wanted) throw tooFew(choice, wanted, usable.length, services.length)
  return selector.kind === 'ALL' ? usable : usable.slice(0, wanted)
}

const tooFew = ({ kind, versions }: Choice, wanted: number, found: number, listed: number): WasmpackError =>
  new WasmpackError(
    'SIGNING_CONFIG_INVALID',
    `the signing config has ${found} usable ${kind} of ${listed}, and ${wanted} needed`,
    {
      hint: `usable means: valid now, of API version ${versions.join(' or ')}, and one per operator`,
      details: { wanted, found, listed },
    },
  )

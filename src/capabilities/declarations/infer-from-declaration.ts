import { API_VERSION } from '../../documents/metadata.ts'
import { toSourceNode } from '../../documents/source-node.ts'
import { quoted } from '../../printable.ts'
import { listFirst } from '../../listing.ts'
import { findEntryPoints } from '../../wasm/entry-points.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { getClassRule } from '../catalog/classes.ts'
import { listCapabilityRequests } from '../catalog/classify.ts'
import { evaluateImports } from '../evaluate/evaluate-imports.ts'
import type { Finding } from '../evaluate/finding.ts'
import { listLeastKeys, toManifestName } from '../init/infer-manifest.ts'
import { createLeastGrants } from '../init/least-grants.ts'
import { CAPABILITY_MANIFEST_KIND } from '../manifest/formats.ts'
import type { GrantKey } from '../manifest/grant-table.ts'
import { readCapabilityManifest } from '../manifest/manifest-reader.ts'
import type { CapabilityManifest } from '../manifest/manifest.ts'
import type { Allowance, Declaration, Offer } from './declaration.ts'
import { canGrant, grantOffers, isListed } from './offered-grants.ts'

/** Where a declaration and a module's imports do not agree, or what of the declaration is not in the grants. */
export interface Contradiction {
  readonly kind: 'not-imported' | 'not-allowed' | 'not-expressed'
  /** The part of the declaration, if it is about one: `component.app.files[0]`. */
  readonly path?: string
  readonly at: string
  /** One sentence, safe on a terminal. */
  readonly message: string
}

export interface InferredFromDeclaration {
  readonly manifest: CapabilityManifest
  readonly contradictions: readonly Contradiction[]
}

/**
 * The capability manifest of what a declaration allows a module, and never more: what it has no word for, such as clocks, is granted if
 * the module imports it and the runtime has it. An import whose hosts, paths or names are not in the declaration gets an empty list.
 */
export function inferFromDeclaration(
  inspection: Inspection,
  declaration: Declaration,
  { name }: { readonly name: string },
): InferredFromDeclaration {
  const { file, provides, allowances, limits } = declaration
  const imported = listImported(inspection)
  const provided = [...imported].filter((key) =>
    provides.some((one) => key === one || key.startsWith(`${one}.`)),
  )
  const chosen = allowances.map((allowance) => chooseOffers(allowance, imported))
  const offers = chosen.flatMap(({ granted }) => granted)
  const keys = new Set([...provided, ...offers.map(({ grant }) => grant)])
  const manifest = readCapabilityManifest(
    toSourceNode(
      {
        apiVersion: API_VERSION,
        kind: CAPABILITY_MANIFEST_KIND,
        metadata: { name: toManifestName(name) },
        spec: {
          grants: grantOffers(createLeastGrants(keys), offers),
          ...(limits === undefined ? {} : { limits }),
        },
      },
      file,
    ),
    file,
  )
  return {
    manifest,
    contradictions: [
      ...listNotAllowed(inspection, manifest, declaration, offers),
      ...chosen.flatMap(({ allowance, isImported }) => (isImported ? [] : [describeNotImported(allowance)])),
      ...chosen.flatMap(({ allowance, refused }) =>
        refused.map((offer) => describeRefused(allowance, offer)),
      ),
      ...declaration.unexpressed.map(({ at, path, value, reason }) => ({
        kind: 'not-expressed' as const,
        at,
        path,
        message: `${path} ${quoted(value)}: ${reason}`,
      })),
    ],
  }
}

/** The grants that the imports of the module need, and its own export of an HTTP handler. */
function listImported(inspection: Inspection): ReadonlySet<GrantKey> {
  const keys = new Set(listLeastKeys(listCapabilityRequests(inspection)))
  if (findEntryPoints(inspection).some(({ role }) => role === 'an HTTP server')) keys.add('http.incoming')
  return keys
}

interface ChosenOffers {
  readonly allowance: Allowance
  readonly granted: readonly Offer[]
  /** Items that the format of the grant does not have. */
  readonly refused: readonly Offer[]
  readonly isImported: boolean
}

/** Of the grants that a permission is, those that the module imports; the usual one if it imports none. */
function chooseOffers(allowance: Allowance, imported: ReadonlySet<GrantKey>): ChosenOffers {
  const { offers } = allowance
  const wanted = offers.filter(({ grant }) => imported.has(grant))
  const considered = wanted.length > 0 ? wanted : offers.slice(0, 1)
  return {
    allowance,
    granted: considered.filter(canGrant),
    refused: considered.filter((offer) => !canGrant(offer)),
    isImported: wanted.length > 0,
  }
}

const describeNotImported = ({ at, path, value }: Allowance): Contradiction => ({
  kind: 'not-imported',
  at,
  path,
  message: `${path} ${quoted(value)}: no import needs it`,
})

const describeRefused = ({ at, path, value }: Allowance, { grant }: Offer): Contradiction => ({
  kind: 'not-expressed',
  at,
  path,
  message: `${path} ${quoted(value)}: ${grant} cannot hold it`,
})

const SHOWN = 3

/** Imports that are denied by the manifest, by class, and those whose list is empty in it. */
function listNotAllowed(
  inspection: Inspection,
  manifest: CapabilityManifest,
  { runtime, file }: Declaration,
  offers: readonly Offer[],
): readonly Contradiction[] {
  const { findings, grants } = evaluateImports(inspection, manifest.spec)
  const denied = new Map<string, Finding[]>()
  for (const finding of findings.filter(({ severity }) => severity === 'error')) {
    const key = finding.class ?? finding.rule
    denied.set(key, [...(denied.get(key) ?? []), finding])
  }
  const filled = new Set<string>(offers.map(({ grant }) => grant))
  const empty = grants.filter(
    ({ grant, imports }) => imports.length > 0 && isListed(grant) && !filled.has(grant),
  )
  const contradict = (message: string): Contradiction => ({ kind: 'not-allowed', at: file, message })
  return [
    ...[...denied.values()].map(([first, ...more]) =>
      contradict(
        `${listFirst(namesOf([first!, ...more]), SHOWN)}: ` +
          (first!.class === undefined
            ? `${runtime} does not provide it`
            : `${file} does not let the module ${getClassRule(first!.class).meaning}`),
      ),
    ),
    ...empty.map(({ grant, imports }) =>
      contradict(`${listFirst(imports, SHOWN)}: ${file} allows nothing for ${grant}, so its list is empty`),
    ),
  ]
}

const namesOf = (findings: readonly Finding[]): readonly string[] =>
  findings.map((finding) => finding.import ?? finding.message)

import {
  type AdmittedReference,
  admitReference,
  type AdmissionRules,
} from '../../delivery/admit-reference.ts'
import type { ObjectFile } from '../../delivery/files/object-files.ts'
import { formatPlace, type LocatedReference, locateReferences } from '../../delivery/pin.ts'
import { requireReadable } from '../../delivery/readers.ts'
import { WasmpackError } from '../../errors.ts'
import { inParallel } from '../../in-parallel.ts'
import { formatRepository } from '../../oci/reference.ts'
import type { Context } from '../cli/command.ts'
import { reportOutcomes } from '../cli/each-reference.ts'
import { describeGrantSource } from '../flags/admission.ts'
import { type AdmissionOfRunFlags, readAdmissionOfRun } from '../flags/admission-of-run.ts'
import { type ObjectFlags, readFindOptions } from '../flags/objects.ts'
import { warnOfWaivers } from '../show/trust.ts'
import { reportDenial } from '../show/verdict.ts'

export interface ReferenceFlags extends AdmissionOfRunFlags, ObjectFlags {}

/** Admits the artifact of a reference, by a tag or digest. Throws what a pull of it would, and USAGE if its consumer cannot read it. */
export type Admit = (located: LocatedReference, name: string) => Promise<AdmittedReference>

const CONCURRENCY = 4

/**
 * Does the work for every Wasm reference of the files, a few at a time; an artifact that several of them name is read once. If any
 * fails, all failures are reported and the most severe is thrown.
 */
export async function forEachWasmReference<T extends object>(
  files: readonly ObjectFile[],
  flags: ReferenceFlags,
  context: Context,
  work: (located: LocatedReference, admit: Admit, rules: AdmissionRules) => Promise<T>,
): Promise<readonly T[]> {
  const rules = await readAdmissionOfRun(flags, context)
  const options = await readFindOptions(flags, context.signal)
  const located = files.flatMap((file) => locateReferences(file, options))
  const admit = createAdmit(rules, flags, context)
  const outcomes = await inParallel(located, CONCURRENCY, async ({ address, ...one }) => {
    try {
      if (address instanceof WasmpackError) throw address
      return await work({ ...one, address }, admit, rules)
    } catch (error) {
      if (error instanceof WasmpackError) return error
      throw error
    }
  })
  context.signal.throwIfAborted()
  const done = outcomes.filter((outcome): outcome is T => !(outcome instanceof WasmpackError))
  if (done.length === outcomes.length) return done
  const names = located.map((one) => `${formatPlace(one)} ${one.found.object} ${one.found.path}`)
  reportOutcomes(
    names,
    outcomes.map((outcome, at) =>
      outcome instanceof WasmpackError ? outcome : { json: { reference: names[at] }, text: '' },
    ),
    context,
  )
  return done
}

function createAdmit(rules: AdmissionRules, flags: ReferenceFlags, context: Context): Admit {
  const admitted = new Map<string, Promise<AdmittedReference>>()
  return (located, name) => {
    const key = [formatRepository(located.address), name, located.found.reader].join(' ')
    const admitting = admitted.get(key) ?? admitOne(located, name, rules, flags, context)
    admitted.set(key, admitting)
    return admitting
  }
}

async function admitOne(
  { found: { reader }, address }: LocatedReference,
  name: string,
  rules: AdmissionRules,
  flags: ReferenceFlags,
  { reporter, signal }: Context,
): Promise<AdmittedReference> {
  const admitted = await admitReference(address, name, rules, { signal })
  const { target, admission } = admitted
  const url = `${target.name}@${admission.manifest.digest}`
  warnOfWaivers(url, admission.trust, reporter)
  if (admission.verdict?.allowed === false)
    throw reportDenial(reporter, url, describeGrantSource(flags), admission.verdict)
  if (reader !== undefined) await requireReadable(reader, target, admission, { signal })
  return admitted
}

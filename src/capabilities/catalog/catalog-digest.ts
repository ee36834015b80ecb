import { computeDigest, type Digest } from '../../oci/digest.ts'
import { canonicalJson } from '../../json.ts'
import { CATALOG_VERSION, listCatalogRows } from './catalog.ts'
import { CLASSES } from './classes.ts'

/** The digest of the catalogue, which identifies the rules behind a verdict across versions of wasmpack. */
export const computeCatalogDigest = (): Digest =>
  computeDigest(
    new TextEncoder().encode(
      canonicalJson({ version: CATALOG_VERSION, classes: CLASSES, rows: listCatalogRows() }),
    ),
  )

import { computeDigest, type Digest } from '../../oci/digest.ts'
import { canonicalJson } from '../../json.ts'
import { CATALOG_VERSION, listCatalogRows } from './catalog.ts'
import { CLASSES } from './classes.ts'

/** Of the rules by which a verdict was reached, whatever version of wasmpack holds them. */
export const computeCatalogDigest = (): Digest =>
  computeDigest(
    new TextEncoder().encode(
      canonicalJson({ version: CATALOG_VERSION, classes: CLASSES, rows: listCatalogRows() }),
    ),
  )

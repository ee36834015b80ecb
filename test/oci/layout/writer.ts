import { openLayout } from '../../../src/oci/layout/layout.ts'
import { pushThing, referrerOf } from '../artifacts.ts'

/** A process of its own that writes 50 tags and a referrer of each into the layout that it is given. */
const [path, name] = process.argv.slice(2)
const target = await openLayout(path!, { create: true })
for (let count = 0; count < 50; count++) {
  const thing = await pushThing(target, `${name} ${count}`, `${name}-${count}`)
  await target.pushManifest(await referrerOf(target, thing, `signature of ${name} ${count}`))
}

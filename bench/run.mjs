// Prints figures and their ratios, subject after subject: all of them, or those that are named. Nothing is asserted here: a figure
// is worth what its machine was doing.
const SUBJECTS = ['startup', 'reader', 'transfer', 'many', 'identity', 'keyless', 'render']

const named = process.argv.slice(2)
const unknown = named.filter((name) => !SUBJECTS.includes(name))
if (unknown.length > 0) {
  console.error(`no subject ${unknown.join(', ')}; there are ${SUBJECTS.join(', ')}`)
  process.exit(2)
}
for (const name of named.length > 0 ? named : SUBJECTS) {
  const { measure } = await import(`./${name}.mjs`)
  await measure()
}

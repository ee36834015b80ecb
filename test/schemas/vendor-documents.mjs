// Writes a schema of a document that `sbom` prints, without its texts: node test/schemas/vendor-documents.mjs SOURCE DESTINATION
import { readFileSync, writeFileSync } from 'node:fs'

const TEXTS = /^(?:\$comment|description|title|examples|meta:enum|markdownDescription)$/

/**
 * @param {any} schema
 * @returns {any}
 */
function withoutTexts(schema) {
  if (Array.isArray(schema)) return schema.map(withoutTexts)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema)
  return Object.fromEntries(
    entries.flatMap(([key, child]) => {
      if (key === 'properties' || key === 'definitions')
        return [
          [key, Object.fromEntries(Object.entries(child).map(([name, one]) => [name, withoutTexts(one)]))],
        ]
      return TEXTS.test(key) ? [] : [[key, withoutTexts(child)]]
    }),
  )
}

const [source, destination] = process.argv.slice(2)
if (source === undefined || destination === undefined) throw new Error('two arguments are needed')
writeFileSync(destination, `${JSON.stringify(withoutTexts(JSON.parse(readFileSync(source, 'utf8'))))}\n`)

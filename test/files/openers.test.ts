import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

/** The files that open others by themselves, and why they may. Every text is read by files/read-text-file.ts. */
const OPENERS: Readonly<Record<string, string>> = {
  'files/open-regular-file.ts':
    'the one opener of files that users name for reading: never a pipe or a device',
  'files/atomic-file.ts': 'creates a file of a new name',
  'files/held-directory.ts': 'opens directories only',
  'delivery/files/module-copy.ts': 'creates a temporary file',
  'delivery/assets.ts': 'reads an asset of its own',
  'delivery/files/buffered-stdout.ts': 'creates a temporary file',
  'oci/layout/files.ts': 'refuses links too, and anything but a regular file, with the code of a layout',
  'oci/layout/lock.ts': 'reads /proc',
  'processes/watch-memory.ts': 'reads /proc',
  'oci/archive/archive-file.ts': 'refuses anything but a regular file, which it seeks in',
  'runtimes/v8-probe.ts': 'reads a copy of a module of its own, in a process of its own',
}

test('a file is opened for reading by the one function that never waits, or by a named exception', () => {
  const opening = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .filter((path) => {
      const text = readFileSync(join('src', path), 'utf8')
      const imports = [
        ...text.matchAll(
          /(?:import|const) (?:type )?\{([^}]*)\} (?:from|= require\()\s*'?node:fs(?:\/promises)?'/g,
        ),
        ...text.matchAll(/const \{([^}]*)\} = (?:require|process\.getBuiltinModule)\('node:fs'\)/g),
      ]
      return (
        imports.some(([, names]) =>
          /\b(?:open|openSync|readFile|readFileSync|createReadStream)\b/.test(names!),
        ) || /import \* as \w+ from 'node:fs|import \w+ from 'node:fs/.test(text)
      )
    })
  expect(opening.sort()).toEqual(Object.keys(OPENERS).sort())
})

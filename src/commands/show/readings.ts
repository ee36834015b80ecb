import type { Reading } from '../../delivery/readers.ts'
import { alignColumns } from '../../ui/columns.ts'

/** A line for each consumer: whether it reads the artifact, and what it needs or why it does not. */
export const describeReadings = (readings: readonly Reading[]): readonly string[] =>
  readings.length === 0
    ? []
    : [
        'readers:',
        ...alignColumns(
          readings.map(({ reader, reads, note }) => [
            reads ? 'yes' : 'no',
            reader,
            note === undefined ? '' : `(${note})`,
          ]),
          { indent: 2 },
        ),
      ]

import { expect } from 'vitest'

import type { Answer } from '../asking.ts'

/** What is looked at of an answer; a header that is undefined is not there. */
export interface Expected {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
}

export function expectAnswer(answer: Answer, { status, body, headers = {} }: Expected): void {
  const looked = body === undefined ? {} : { body: answer.body }
  const sent = Object.fromEntries(Object.keys(headers).map((name) => [name, answer.headers[name]]))
  expect({ status: answer.status, ...looked, ...sent }).toEqual({
    status,
    ...(body === undefined ? {} : { body }),
    ...headers,
  })
}

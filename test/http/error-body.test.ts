import { expect, test } from 'vitest'

import { readErrorBody } from '../../src/http/error-body.ts'
import type { HttpResponse } from '../../src/http/response.ts'

const answer = (type: string, ...chunks: readonly string[]): HttpResponse => ({
  status: 400,
  url: 'https://registry.example/v2/',
  header: (name) => (name === 'content-type' ? type : undefined),
  body: (async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk)
  })(),
  discard: async () => undefined,
})

const ERRORS = '{"errors":[{"code":"DENIED","message":"no"}]}'

test.for(['application/json', 'application/vnd.oci.errors+json; charset=utf-8', 'text/plain', ''])(
  'readErrorBody parses JSON that is sent as %j',
  async (type) => {
    expect(await readErrorBody(answer(type, ERRORS.slice(0, 9), ERRORS.slice(9)))).toEqual({
      json: JSON.parse(ERRORS),
      text: '',
      isHtml: false,
    })
  },
)

test('readErrorBody gives the title of a web page, whatever its type', async () => {
  const page = '<html><head><title>413 Request  Entity\nToo Large</title></head><body>...</body></html>'
  for (const type of ['text/html', 'application/json'])
    expect(await readErrorBody(answer(type, page))).toEqual({
      json: undefined,
      text: 'a web page, "413 Request Entity Too Large"',
      isHtml: true,
    })
})

test('readErrorBody gives plain words, and of endless ones the first', async () => {
  expect((await readErrorBody(answer('text/plain', 'Method Not Allowed\n'))).text).toBe('Method Not Allowed')
  expect(
    (await readErrorBody(answer('text/plain', ...Array<string>(200).fill('x'.repeat(1000))))).text,
  ).toHaveLength(1024)
})

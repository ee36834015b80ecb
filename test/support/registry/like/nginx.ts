import type { Asked, Reply } from '../asked.ts'

const HEADER_LIMIT = 8 * 1024

const page = (status: number, title: string): Reply => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: Buffer.from(
    `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
  ),
})

/** What nginx says of a body above its limit. */
export const TOO_LARGE = page(413, 'Request Entity Too Large')

/** What nginx says where the server behind it does not answer, and where it was told to say so. */
export const BAD_GATEWAY = page(502, 'Bad Gateway')
export const UNAVAILABLE = page(503, 'Service Temporarily Unavailable')

/** What nginx answers by itself where its settings are the usual ones: pages in HTML. */
export function webServer({ url, headers, origin }: Asked): Reply | undefined {
  if ((url.pathname + url.search).length > HEADER_LIMIT) return page(414, 'Request-URI Too Large')
  if (String(headers['authorization'] ?? '').length > HEADER_LIMIT)
    return page(400, 'Request Header Or Cookie Too Large')
  if (url.pathname.startsWith('/v1/')) return page(404, 'Not Found')
  if (url.pathname !== '/v2') return undefined
  const moved = page(301, 'Moved Permanently')
  return { ...moved, headers: { ...moved.headers, location: `${origin}/v2/` } }
}

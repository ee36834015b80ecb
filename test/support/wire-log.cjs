// Preloaded into a wasmpack that is tested: appends what it sends and receives over HTTP to the file WIRE_LOG, so that a test knows the
// secrets that only servers and wasmpack know.
const { appendFileSync } = require('node:fs')
const { ClientRequest, IncomingMessage, OutgoingMessage } = require('node:http')

const note = (/** @type {unknown} */ text) => appendFileSync(process.env['WIRE_LOG'] ?? '', `${text}\n`)

const { write, end } = OutgoingMessage.prototype
/** @param {unknown} chunk */
const noteSent = (chunk) => {
  if (chunk instanceof Uint8Array && chunk.length < 65_536) note(Buffer.from(chunk).toString('latin1'))
}
ClientRequest.prototype.write = function (/** @type {any[]} */ ...args) {
  noteSent(args[0])
  return Reflect.apply(write, this, args)
}
ClientRequest.prototype.end = function (/** @type {any[]} */ ...args) {
  noteSent(args[0])
  const { authorization } = this.getHeaders()
  if (authorization !== undefined) note(`authorization: ${authorization}`)
  return Reflect.apply(end, this, args)
}

const { push } = IncomingMessage.prototype
IncomingMessage.prototype.push = function (/** @type {any[]} */ ...args) {
  noteSent(args[0])
  return Reflect.apply(push, this, args)
}

import { createPublicKey, type KeyObject } from 'node:crypto'

/** Arithmetic on P-256, for what Node has no function for. https://csrc.nist.gov/pubs/fips/186-5/final */
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
export const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
export const G: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
}

export interface Point {
  readonly x: bigint
  readonly y: bigint
}

export const modulo = (value: bigint, by: bigint): bigint => ((value % by) + by) % by

/** By the extended Euclidean algorithm. */
export function invert(value: bigint, by: bigint): bigint {
  let [a, b, u, v] = [modulo(value, by), by, 1n, 0n]
  while (a > 1n) [a, b, u, v] = [b % a, a, v - (b / a) * u, u]
  return modulo(u, by)
}

export function add(one: Point | undefined, other: Point | undefined): Point | undefined {
  if (one === undefined) return other
  if (other === undefined) return one
  if (one.x === other.x && modulo(one.y + other.y, P) === 0n) return undefined
  const slope =
    one.x === other.x
      ? (3n * one.x * one.x - 3n) * invert(2n * one.y, P)
      : (other.y - one.y) * invert(other.x - one.x, P)
  const x = modulo(slope * slope - one.x - other.x, P)
  return { x, y: modulo(slope * (one.x - x) - one.y, P) }
}

export function multiply(point: Point, factor: bigint): Point | undefined {
  let sum: Point | undefined
  let power: Point | undefined = point
  for (let left = factor; left > 0n; left >>= 1n) {
    if (left & 1n) sum = add(sum, power)
    power = add(power, power)
  }
  return sum
}

export const negate = ({ x, y }: Point): Point => ({ x, y: modulo(-y, P) })

export const fromBytes = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`)

export function toPoint(key: KeyObject): Point {
  const { x, y } = key.export({ format: 'jwk' })
  return { x: fromBytes(Buffer.from(x!, 'base64url')), y: fromBytes(Buffer.from(y!, 'base64url')) }
}

export function toPublicKey({ x, y }: Point): KeyObject {
  const encode = (value: bigint): string =>
    Buffer.from(value.toString(16).padStart(64, '0'), 'hex').toString('base64url')
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: encode(x), y: encode(y) }, format: 'jwk' })
}

/** The two numbers of a signature in DER. */
export function readSignature(der: Buffer): readonly [bigint, bigint] {
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der[2] !== 0x02) throw new Error('malformed signature')
  const end = 4 + der[3]!
  if (der[end] !== 0x02 || der[end + 1] !== der.length - end - 2) throw new Error('malformed signature')
  return [fromBytes(der.subarray(4, end)), fromBytes(der.subarray(end + 2))]
}

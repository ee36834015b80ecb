/**
 * Code points beyond ASCII that look like a character allowed in import names. Those that compatibility normalisation maps to it,
 * such as the mathematical alphabets, are not listed.
 * https://www.unicode.org/Public/security/latest/confusables.txt
 */
const LIKENESSES: Readonly<Record<string, string>> = {
  '-': '2010 2011 2012 2013 2043 2cba fe58',
  '.': '6f0 a4f8 a60e',
  '/': '1735 2041 2cc6 3033 30ce 4e3f',
  ':': '2d0 589 16ec 1803 1809 205a a4fd',
  a: '251 391 3b1 410 430 13aa 15c5 a4ee',
  b: '184 392 412 42c 13cf 13f4 1472 15af 15f7 a4d0 a7b4',
  c: '3f2 3f9 421 441 13df 1d04 2ca4 2ca5 a4da abaf',
  d: '501 13a0 13e7 146f 15de 15ea a4d2 a4d3',
  e: '395 415 435 4bd 13ac 2d39 a4f0 ab32',
  f: '3dc 584 15b4 1e9d a4dd a798 a799 ab35',
  g: '18d 261 50c 581 13c0 13f3 1d83 a4d6',
  h: '397 41d 4bb 570 13bb 13c2 157c 2c8e a4e7',
  i: '131 269 26a 37a 3b9 456 4cf 13a5 1fbe a647 ab75',
  j: '37f 3f3 408 458 13ab 148d a4d9 a7b2',
  k: '39a 41a 13e6 16d5 2c94 a4d7',
  l: '196 1c0 399 406 4c0 6f1 13de 14aa 16c1 2c92 2cd0 2d4f a4e1 a4f2',
  m: '39c 3fa 41c 13b7 15f0 16d6 2c98 a4df',
  n: '39d 578 57c 2c9a a4e0',
  o: '39f 3bf 3c3 41e 43e 555 585 6f5 966 9e6 a66 ae6 b20 b66 be6 c66 ce6 d20 d66 e50 ed0 101d 1040 10ff 12d0 1d0f 1d11 2c9e 2c9f 2d54 3007 a4f3 ab3d',
  p: '3a1 3c1 3f1 420 440 13e2 146d 2ca2 2ca3 a4d1',
  q: '51b 563 566 2d55',
  r: '1a6 433 13a1 13d2 1587 1d26 2c85 a4e3 ab47 ab48 ab81',
  s: '1bd 405 455 54f 13d5 13da a4e2 a731 abaa',
  t: '3a4 422 13a2 2ca6 a4d4',
  u: '28b 3c5 54d 57d 1200 144c 1d1c a4f4 a79f ab4e ab52',
  v: '3bd 474 475 6f7 13d9 142f 1d20 2d38 a4e6 a6df aba9',
  w: '26f 461 51c 51d 561 13b3 13d4 1d21 a4ea ab83',
  x: '3a7 425 445 1541 157d 166e 16b7 2cac 2d5d a4eb a7b3',
  y: '263 28f 3a5 3b3 3d2 423 443 4ae 4af 10e7 13a9 13bd 1d8c 1eff 213d 2ca8 a4ec ab5a',
  z: '396 13c3 1d22 a4dc ab93',
}

const likenesses = new Map<string, string>()

/** The ASCII character that another one looks like; undefined if none. */
export function findLikeness(character: string): string | undefined {
  if (likenesses.size === 0)
    for (const [plain, points] of Object.entries(LIKENESSES))
      for (const point of points.split(' '))
        likenesses.set(String.fromCodePoint(Number.parseInt(point, 16)), plain)
  return likenesses.get(character)
}

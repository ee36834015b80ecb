/**
 * Worlds that are like one another: `{{a|b|c}}` in a template is a place where they differ, a in most of them. Variant 0 is
 * the template itself; the others differ from it in one or two places, which ones a fixed seed decides.
 */
export function variantsOf(template: string, count: number, seed: number): readonly string[] {
  const random = generator(seed)
  const places = [...template.matchAll(CHOICE)].map((found) => found[1]!.split('|'))
  const variant = (chosen: ReadonlyMap<number, number>): string => {
    let place = 0
    return template.replace(CHOICE, () => {
      const at = place++
      return places[at]![chosen.get(at) ?? 0]!
    })
  }
  const versioned = (text: string, at: number): string => text.replaceAll('VERSION', VERSIONS[at]!)
  const seen = new Set([versioned(variant(new Map()), 0)])
  for (let tries = 0; seen.size < count && tries < 100 * count; tries++) {
    const chosen = new Map<number, number>()
    for (let left = 1 + random(2); left > 0; left--) {
      const at = random(places.length)
      chosen.set(at, random(places[at]!.length))
    }
    seen.add(versioned(variant(chosen), random(2) * random(VERSIONS.length)))
  }
  return [...seen]
}

const CHOICE = /\{\{([^}]*)\}\}/g

/** xorshift32: the same numbers on every machine. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Every template has one world, which imports and exports interfaces of a package with a version. */
export const TEMPLATES: Readonly<Record<string, string>> = {
  values: `
package test:root;
world w {
  import test:dep/api@VERSION;
  {{import log: func(line: string);|import log: func(text: string);|import log: func(line: string) -> bool;|import log: async func(line: string);|}}
  {{|import extra: func();}}
  export test:dep/handler@VERSION;
  {{|export extra2: func();}}
}
package test:dep@VERSION {
  interface types {
    record point { {{x: u32, y: u32|y: u32, x: u32|x: u32, y: s32|x: u32, y: u32, z: u8|x: u32}} }
    enum color { red, green{{|, blue}} }
    variant shape { circle(point), {{square(u32), none|square(u64), none|square(u32), none(bool)|none, square(u32)|square, none}} }
    flags access { read, write{{|, execute}} }
    type number = {{u32|u64|point|color}};
    type shapes = {{list<shape>|list<option<shape>>|option<shape>}};
    type pair = tuple<number, {{string|char|color}}>;
    type outcome = result<{{point, color|point|color, point|_, color}}>;
  }
  interface api {
    use types.{point, shapes, pair, outcome, access, number};
    draw: func({{all: shapes, at: point|at: point, all: shapes|every: shapes, at: point|all: shapes}}) -> outcome;
    allow: func(what: {{access|list<access>}}, n: {{number|u32}});
    {{swap: func(p: pair) -> pair;|swap: func(p: pair);|swaps: func(p: pair) -> pair;|}}
    floats: func(a: f32, b: f64, c: {{char|string|s8|bool}});
  }
  interface handler {
    use types.{point, outcome, shapes};
    {{handle: func(at: point) -> outcome;|handle: func(at: point) -> result<outcome>;|handle: async func(at: point) -> outcome;}}
    {{|more: func(all: shapes);}}
  }
}`,
  resources: `
package test:root;
world w {
  import test:dep/files@VERSION;
  {{|import test:dep/extra@VERSION;}}
  export test:dep/server@VERSION;
}
package test:dep@VERSION {
  interface streams {
    resource input { read: func(n: {{u64|u32}}) -> list<u8>; {{|skip: func(n: u64);}} }
    resource output { write: func(bytes: list<u8>); }
  }
  interface files {
    use streams.{input, output};
    resource file {
      {{constructor(path: string);|constructor(path: string, mode: u8);|}}
      source: func() -> {{input|output|option<input>}};
      sink: func() -> output;
      {{same: func(other: borrow<file>) -> bool;|same: func(other: file) -> bool;|}}
      {{find: static func(path: string) -> option<file>;|find: static func(path: string) -> file;}}
    }
    copy: func({{source: borrow<input>, sink: borrow<output>|source: borrow<output>, sink: borrow<input>|source: input, sink: borrow<output>}});
  }
  interface extra { use files.{file}; touch: func(what: borrow<file>); }
  interface server {
    use streams.{input};
    resource session {
      constructor();
      {{close: static func(this: session);|}}
      answer: func(body: {{input|borrow<input>}}) -> result<{{list<u8>|string}}>;
    }
    serve: func(given: {{session|borrow<session>}}){{| -> session}};
    {{open: func(what: borrow<input>);|}}
  }
}`,
  async: `
package test:root;
world w {
  import test:dep/pipes@VERSION;
  export test:dep/runner@VERSION;
}
package test:dep@VERSION {
  interface pipes {
    resource token;
    {{open: async func() -> stream<u8>;|open: func() -> stream<u8>;|open: async func() -> stream<u16>;|open: async func() -> stream;|open: async func() -> future<u8>;}}
    wait: func(on: future<{{result<u32, string>|result<u32>|token}}>) -> {{future<token>|future|stream<token>}};
    {{context: func() -> error-context;|context: func() -> string;|}}
    fixed: func(x: {{list<u8, 4>|list<u8, 5>|list<u8>|tuple<u8, u8, u8, u8>}});
    named: func(x: {{map<string, u32>|map<u32, string>|map<string, u64>|list<tuple<string, u32>>}});
  }
  interface runner {
    use pipes.{token};
    run: {{async func|func}}(given: {{token|borrow<token>}}, body: stream<u8>) -> result;
  }
}`,
}

const VERSIONS = [
  '0.2.0',
  '0.2.1',
  '0.2.12',
  '0.3.0',
  '0.2.1-rc.1',
  '1.0.0',
  '1.4.2',
  '0.0.1',
  '0.0.2',
] as const

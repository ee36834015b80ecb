import type { ClassRule } from '../class-rule.ts'

const FILESYSTEM = 'filesystem: [{guest: /data, mode: ro}]'
const FILESYSTEM_RW = 'filesystem: [{guest: /data, mode: rw}]'
const TCP = 'sockets: {tcp: {connect: ["db.example.com:5432"], listen: []}}'

/**
 * Classes of imports from an operating system and of HTTP. `fs.preopen` and `fs.handle*` act on what only an `fs.open`, `fs.read` or `fs.write`
 * import can obtain or change, so that one asks for the grant and they never do.
 */
export const SYSTEM_CLASSES = {
  'types-only': { meaning: 'call nothing: it imports only types', risk: 'none' },
  entry: { meaning: 'call the entry point of another component', risk: 'none' },
  args: { meaning: 'read the command-line arguments', risk: 'low', grants: ['args'], example: 'args: true' },
  cwd: { meaning: 'read the initial working directory', risk: 'low', grants: ['cwd'], example: 'cwd: true' },
  env: {
    meaning: 'read environment variables',
    risk: 'medium',
    grants: ['env'],
    example: 'env: {names: [LOG_LEVEL]}',
    runtime: 'which names it sees is up to the runtime',
  },
  exit: { meaning: 'exit', risk: 'none' },
  signal: {
    meaning: 'raise a signal in its own process',
    risk: 'low',
    grants: ['exit'],
    example: 'exit: true',
  },
  sched: { meaning: 'yield', risk: 'none' },
  fd: { meaning: 'use descriptors that it already has', risk: 'none' },
  io: { meaning: 'use streams that it already has', risk: 'none' },
  poll: { meaning: 'wait for handles that it already has', risk: 'none' },
  'poll-or-clock': {
    meaning: 'wait for descriptors that it already has, or sleep',
    risk: 'low',
    grants: ['clocks.monotonic', 'clocks.wall'],
    least: ['clocks.monotonic'],
    example: 'clocks: [monotonic]',
    runtime: 'the import does not tell waiting from sleeping',
  },
  clock: {
    meaning: 'read clocks',
    risk: 'low',
    grants: ['clocks.wall', 'clocks.monotonic'],
    example: 'clocks: [wall, monotonic]',
    runtime: 'which clock it reads is up to the runtime',
  },
  'clock.wall': {
    meaning: 'read the time of day',
    risk: 'low',
    grants: ['clocks.wall'],
    example: 'clocks: [wall]',
  },
  'clock.monotonic': {
    meaning: 'measure elapsed time and sleep',
    risk: 'low',
    grants: ['clocks.monotonic'],
    example: 'clocks: [monotonic]',
  },
  'clock.timezone': {
    meaning: 'read the local time zone',
    risk: 'low',
    grants: ['clocks.timezone'],
    example: 'clocks: [timezone]',
  },
  random: { meaning: 'obtain random bytes', risk: 'low', grants: ['random'], example: 'random: true' },
  'random.insecure': {
    meaning: 'obtain random bytes that are not fit for secrets',
    risk: 'low',
    grants: ['random'],
    example: 'random: true',
  },
  'stdio.stdin': {
    meaning: 'read standard input',
    risk: 'low',
    grants: ['stdio.stdin'],
    example: 'stdio: [stdin]',
  },
  'stdio.stdout': {
    meaning: 'write to standard output',
    risk: 'low',
    grants: ['stdio.stdout'],
    example: 'stdio: [stdout]',
  },
  'stdio.stderr': {
    meaning: 'write to standard error',
    risk: 'low',
    grants: ['stdio.stderr'],
    example: 'stdio: [stderr]',
  },
  'stdio.terminal': {
    meaning: 'check whether a standard stream is a terminal',
    risk: 'low',
    grants: ['stdio.terminal'],
    example: 'stdio: [terminal]',
  },
  'stdio-or-fs.read': {
    meaning: 'read standard input, or a file or socket that it already has',
    risk: 'low',
    grants: ['stdio.stdin'],
    alternatives: [
      { grant: 'filesystem', with: ['fs.open'] },
      { grant: 'sockets', with: ['sockets.tcp', 'sockets.connect', 'sockets.stream'] },
    ],
    example: 'stdio: [stdin]',
    runtime: 'the import does not tell standard input from a file',
  },
  'stdio-or-fs.write': {
    meaning: 'write to standard output or error, or to a file or socket that it already has',
    risk: 'low',
    grants: ['stdio.stdout', 'stdio.stderr'],
    alternatives: [
      { grant: 'filesystem.rw', with: ['fs.open'] },
      { grant: 'sockets', with: ['sockets.tcp', 'sockets.connect', 'sockets.stream'] },
    ],
    least: ['stdio.stdout', 'stdio.stderr'],
    example: 'stdio: [stdout, stderr]',
    runtime: 'the import does not tell one stream from the other, or from a file',
  },
  'fs.preopen': { meaning: 'list the directories that the host opened for it', risk: 'none' },
  'fs.handle': { meaning: 'read the metadata of a file that it already has', risk: 'none' },
  'fs.handle.read': { meaning: 'read a file that it already has', risk: 'low' },
  'fs.handle.write': { meaning: 'write to a file that it already has', risk: 'low' },
  'fs.open': {
    meaning: 'open files and directories',
    risk: 'high',
    grants: ['filesystem'],
    example: FILESYSTEM,
    runtime: 'which paths it opens, and whether to read or to write, is up to the runtime',
  },
  'fs.read': {
    meaning: 'list directories and read metadata of their files',
    risk: 'medium',
    grants: ['filesystem'],
    example: FILESYSTEM,
    runtime: 'which paths it reads is up to the runtime',
  },
  'fs.write': {
    meaning: 'create, change, move and remove files and directories',
    risk: 'high',
    grants: ['filesystem.rw'],
    example: FILESYSTEM_RW,
    runtime: 'which paths it changes is up to the runtime',
  },
  'http.types': { meaning: 'use requests and responses that it already has', risk: 'none' },
  'http.incoming': {
    meaning: 'pass an incoming HTTP request on to another handler',
    risk: 'low',
    grants: ['http.incoming'],
    example: 'http: {incoming: true}',
  },
  'http.outgoing': {
    meaning: 'send HTTP requests',
    risk: 'high',
    grants: ['http.outgoing'],
    example: 'http: {outgoing: {hosts: ["https://api.example.com"]}}',
    runtime: 'which hosts it reaches is up to the runtime',
  },
  sockets: {
    meaning: 'obtain a network handle, without an operation on it',
    risk: 'medium',
    grants: ['sockets'],
    example: 'sockets: {}',
  },
  'sockets.stream': {
    meaning: 'send and receive on a socket that it already has',
    risk: 'medium',
    grants: ['sockets.tcp', 'sockets.udp'],
    least: ['sockets.tcp'],
    example: TCP,
    runtime: 'which sockets it has is up to the runtime',
  },
  'sockets.connect': {
    meaning: 'open sockets, connect and listen, over TCP or UDP',
    risk: 'high',
    grants: ['sockets.tcp', 'sockets.udp'],
    least: ['sockets.tcp'],
    example: TCP,
    runtime: 'whether it uses TCP or UDP, and which peers it reaches, is up to the runtime',
  },
  'sockets.tcp': {
    meaning: 'connect and listen over TCP',
    risk: 'high',
    grants: ['sockets.tcp'],
    example: TCP,
    runtime: 'which peers it reaches, and on which addresses it listens, is up to the runtime',
  },
  'sockets.udp': {
    meaning: 'send and receive over UDP',
    risk: 'high',
    grants: ['sockets.udp'],
    example: 'sockets: {udp: {connect: ["10.0.0.1:53"], listen: []}}',
    runtime: 'which peers it reaches, and on which addresses it listens, is up to the runtime',
  },
  'sockets.dns': {
    meaning: 'look up host names',
    risk: 'high',
    grants: ['sockets.dns'],
    example: 'sockets: {dns: [db.example.com]}',
    runtime: 'which names it looks up is up to the runtime',
  },
  'sockets.tls': {
    meaning: "speak TLS, with the host's trust and keys, over a connection that it already has",
    risk: 'medium',
    grants: ['sockets.tls'],
    example: 'sockets: {tls: [db.example.com]}',
    runtime: 'which servers it speaks to is up to the runtime',
  },
  threads: {
    meaning: 'start threads',
    risk: 'medium',
    grants: ['threads'],
    example: 'threads: true',
    runtime: 'how many there are is up to the runtime',
  },
  engine: {
    meaning:
      'call functions of the JavaScript engine itself, which work on values that the module already has',
    risk: 'none',
  },
  'native-code': {
    meaning:
      'run native code that its host takes from a custom section, unchecked and outside of the sandbox',
    risk: 'high',
    grants: ['nativeCode'],
    example: 'nativeCode: true',
    runtime: 'what native code does cannot be proved, and no limit of the host binds it',
  },
  toolchain: {
    meaning: 'call support functions of its toolchain, which have no effect outside',
    risk: 'none',
  },
} as const satisfies Readonly<Record<string, ClassRule>>

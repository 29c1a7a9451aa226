/** Files above 400 lines that have a reason to be. None may pass 600. */
export const largeFiles: Readonly<Record<string, string>> = {
  'runtimes/nodejs/bootstrap/main.cjs':
    'one file is loaded at a cold start; each further one would cost a millisecond',
}

/** Adapters through which time and randomness enter; everything else is handed a `Clock` or a `Random`. */
export const ambientAdapters: Readonly<Record<string, string>> = {
  'packages/spi/src/clock.ts': 'the system clock',
  'packages/spi/src/random.ts': 'the system random source',
  'packages/sdk/src/clock.ts': 'time and chance of clients, which do without the contracts of plug-ins',
  'packages/server/src/observability/log.ts': 'time stamps of log lines',
  'packages/server/src/functions/sandbox/bubblewrap/self-test.ts':
    'how long a program may take to answer at the start',
  'packages/server/src/functions/sandbox/child.ts': 'the grace of a process of the operating system',
  'packages/server/src/functions/sandbox/limits/control-groups.ts':
    'the kernel takes its time to empty a group',
  'packages/server/src/functions/sandbox/limits/rlimits.ts': 'looks at the memory of running processes',
}

/** Programs for a person at a terminal, whose time is the person's. */
export const ambientPrograms: readonly string[] = ['packages/cli/']

/** Words that say nothing about what a file holds. */
export const fileWordsBanned: readonly string[] = [
  'util',
  'utils',
  'helper',
  'helpers',
  'types',
  'common',
  'misc',
]

/** Files that a tool demands to have a default export. */
export const defaultExportsAllowed: readonly RegExp[] = [/\.config\.ts$/, /^examples\//]

/** Scopes whose sources may keep time, randomness and module state as they like: programs about the engine, not in it. */
export const programFolders: readonly string[] = ['tools/', 'benchmarks/', 'tests/', 'examples/']

/** Hosts of package registries; the repository works behind any mirror and therefore names none. */
export const registryHosts: readonly string[] = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['repo1', 'maven', 'org'],
  ['repo', 'maven', 'apache', 'org'],
  ['files', 'pythonhosted', 'org'],
  ['pypi', 'org'],
  ['proxy', 'golang', 'org'],
  ['sum', 'golang', 'org'],
  ['deb', 'debian', 'org'],
].map(parts => parts.join('.'))

/** First folders of paths that exist on one machine only. */
export const machineFolders: readonly string[] = ['work', 'root', 'home']

/** Files in which a path below `machineFolders` is the subject and not an accident, each with the reason. */
export const machinePathsAllowed: Readonly<Record<string, string>> = {}

/** Parts that make a plug-in folder complete. */
export const plugInParts: Readonly<Record<PlugInKind, readonly string[]>> = {
  connector: [
    'package.json',
    'README.md',
    'src/index.ts',
    'src/options.ts',
    'src/errors.ts',
    'test/conformance.test.ts',
  ],
  storage: ['package.json', 'README.md', 'src/index.ts', 'test/conformance.test.ts'],
  runtime: ['package.json', 'README.md', 'src/index.ts', 'bootstrap/', 'test/conformance.test.ts'],
}

export type PlugInKind = 'connector' | 'storage' | 'runtime'

/** Which folder holds which kind, and the manifest field that names the one plug-in. */
export const plugInFolders: Readonly<Record<string, { kind: PlugInKind; nameField: string }>> = {
  connectors: { kind: 'connector', nameField: 'system' },
  storage: { kind: 'storage', nameField: 'driver' },
  runtimes: { kind: 'runtime', nameField: 'language' },
}

/** The lock files of the repository: of everything, and of what builds the documentation as a site. */
export const lockFilePaths: readonly string[] = ['package-lock.json', 'site/package-lock.json']

/** The parts of a lock file that are read and written here. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>
}

export interface LockEntry {
  readonly version?: string
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** An optional package that an entry names and the lock file has no entry for. */
export interface MissingOptional {
  readonly parent: string
  readonly name: string
  readonly version: string
}

/**
 * Optional packages without an entry. A registry that carries only some platforms makes npm write such a lock file,
 * and then `npm ci` refuses it everywhere: "Missing: … from lock file".
 */
export function missingOptionals(lock: LockFile): MissingOptional[] {
  return Object.entries(lock.packages).flatMap(([parent, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => resolvedAt(lock, parent, name) === undefined)
      .map(([name, version]) => ({ parent, name, version: version.replace(/^[\^~]/, '') })),
  )
}

/**
 * The lock file with an entry for every missing optional package: its exact version, and the platform that its name
 * tells, so that npm passes it over on all others without asking a registry. There is no checksum: none could be had.
 */
export function completeLock<Lock extends LockFile>(lock: Lock): Lock {
  const packages: Record<string, LockEntry> = { ...lock.packages }
  for (const { parent, name, version } of missingOptionals(lock)) {
    const shared = `node_modules/${name}`
    const taken = packages[shared] !== undefined && packages[shared].version !== version
    packages[taken ? `${parent}/${shared}` : shared] = { version, optional: true, ...platformOf(name) }
  }
  const sorted = Object.entries(packages).toSorted(([left], [right]) => left.localeCompare(right, 'en'))
  return { ...lock, packages: Object.fromEntries(sorted) }
}

/** Where npm finds a dependency of an entry: in its own folder or in one of those around it. */
function resolvedAt(lock: LockFile, parent: string, name: string): string | undefined {
  let folder = parent
  for (;;) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (lock.packages[path] !== undefined) return path
    if (folder === '') return undefined
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  }
}

const systems = 'aix android darwin freebsd linux netbsd openbsd openharmony sunos win32'.split(' ')
const processors = 'arm arm64 ia32 loong64 mips64el ppc64 riscv64 s390x wasm32 x64'.split(' ')
const libraries: Readonly<Record<string, string>> = {
  gnu: 'glibc',
  gnueabihf: 'glibc',
  musl: 'musl',
  musleabihf: 'musl',
}

/** The platform in the name of a package, as npm's `os`, `cpu` and `libc` fields; empty where it tells none. */
export function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[-/._]/)
  const os = words.filter(word => systems.includes(word))
  const cpu = words.filter(word => processors.includes(word))
  const libc = words.flatMap(word => (Object.hasOwn(libraries, word) ? [libraries[word] ?? word] : []))
  if (name === 'fsevents') os.push('darwin')
  return {
    ...(os.length > 0 ? { os } : {}),
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(libc.length > 0 && os.includes('linux') ? { libc } : {}),
  }
}

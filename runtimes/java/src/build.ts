import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const bootstrapFolder = fileURLToPath(new URL('../bootstrap', import.meta.url))
const compileTimeoutMs = 120_000

/**
 * The compiled bootstrap: `main.jar` with our program, `compat.jar` with the interfaces for code that comes without
 * them, `bridge.jar` with what implements them, and an archive of loaded classes, which halves the start. Compiled once per source and compiler and kept beside the
 * source. `undefined` without a compiler, when it was not compiled before.
 */
export async function buildBootstrap(javac: string, signal: AbortSignal): Promise<string | undefined> {
  const sources = await sourceFiles()
  const folder = join(bootstrapFolder, 'classes', await nameOf(javac, sources))
  if (await exists(join(folder, 'main.jar'))) return folder
  if (!(await exists(javac))) return undefined
  await mkdir(dirname(folder), { recursive: true })
  const temporary = await mkdtemp(`${folder}.`)
  try {
    await compile(dirname(javac), sources, temporary, signal)
    // The code runs as another user than the one that compiles.
    await chmod(temporary, 0o755)
    await rename(temporary, folder)
  } catch (thrown) {
    await rm(temporary, { recursive: true, force: true })
    // Another process may have built the same meanwhile.
    if (!(await exists(join(folder, 'main.jar')))) throw thrown
  }
  await archive(dirname(javac), folder, signal)
  return folder
}

async function compile(
  bin: string,
  sources: readonly string[],
  into: string,
  signal: AbortSignal,
): Promise<void> {
  const options = { timeout: compileTimeoutMs, signal, cwd: into }
  // Strings that are joined by a bootstrap method each cost a millisecond at the start.
  const release = ['--release', '17', '-XDstringConcat=inline', '-cp', 'compat']
  await writeFile(join(into, 'manifest'), manifest)
  for (const part of parts) {
    const own = sources.filter(path => path.startsWith(join(bootstrapFolder, part)))
    const flags = part === 'compat' ? ['--release', '8', '-Xlint:-options'] : release
    await run(join(bin, 'javac'), [...flags, '-d', join(into, part), ...own], options)
    await run(join(bin, 'jar'), ['cfm', `${part}.jar`, 'manifest', '-C', part, '.'], options)
  }
  await Promise.all([...parts, 'manifest'].map(name => rm(join(into, name), { recursive: true })))
}

/** In this order: each may use those before it. */
const parts = ['compat', 'bridge', 'main'] as const

/**
 * The environment of the code replaces that of the process, for which Java has no interface. Said here and not as a
 * flag, which would keep the machine from using its archive of modules.
 */
const manifest = 'Main-Class: millrace.Main\nAdd-Opens: java.base/java.lang\n'

/** Without the archive everything works, only slower. It holds the path of the jar, so it is made at the final place. */
async function archive(bin: string, folder: string, signal: AbortSignal): Promise<void> {
  const options = { timeout: compileTimeoutMs, signal, cwd: folder, env: {} }
  const flags = [`-XX:ArchiveClassesAtExit=${join(folder, 'bootstrap.jsa')}`, '-XX:+UseSerialGC']
  const jar = join(folder, 'main.jar')
  await run(join(bin, 'java'), [...flags, '-jar', jar, '--rehearse', jar, folder], options).catch(() => {})
}

async function sourceFiles(): Promise<string[]> {
  const files: string[] = []
  for (const part of parts) {
    const entries = await readdir(join(bootstrapFolder, part), { recursive: true })
    for (const entry of entries) if (entry.endsWith('.java')) files.push(join(bootstrapFolder, part, entry))
  }
  return files.toSorted()
}

async function nameOf(javac: string, sources: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(javac)
  for (const source of sources)
    hash
      .update(source)
      .update('\0')
      .update(await readFile(source))
  return hash.digest('hex').slice(0, 16)
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}

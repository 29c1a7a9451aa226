import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { readdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { findProgram, runToEnd } from './command.ts'
import { installPackages } from './debian.ts'

/** Fixed, so that the same jars come on every machine. */
const plugIn = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

const attemptsMax = 3

/** Jars of a server: a `pom.xml` says what, a list of SHA-256 sums says exactly which bytes. */
export interface JarSet {
  readonly pom: string
  /** Lines as `sha256sum` writes them. */
  readonly sums: string
  /** Folder for the jars; there in full or not at all. */
  readonly folder: string
}

/**
 * Fetches the jars with Maven, by whatever mirror the machine's Maven is set to, and checks each against the list.
 * Does nothing when the folder is there: it is put in place only after the check.
 */
export async function fetchJars(jars: JarSet, print: (line: string) => void): Promise<void> {
  if (existsSync(jars.folder)) return
  if (findProgram('mvn') === undefined || findProgram('java') === undefined)
    await installPackages(['maven', 'openjdk-17-jre-headless'], print)
  const partial = `${jars.folder}.partial`
  mkdirSync(dirname(jars.folder), { recursive: true })
  for (let attempt = 1; ; attempt++) {
    rmSync(partial, { recursive: true, force: true })
    try {
      print(`fetching ${parseSums(readFileSync(jars.sums, 'utf8')).size} jars with Maven`)
      await runToEnd(
        'mvn',
        [
          '-B',
          '-q',
          '-ntp',
          '-f',
          jars.pom,
          plugIn,
          '-DincludeScope=runtime',
          `-DoutputDirectory=${partial}`,
        ],
        { folder: dirname(jars.folder) },
      )
      await checkJars(partial, jars.sums)
      break
    } catch (error) {
      if (attempt === attemptsMax) throw error
      print(`attempt ${attempt} of ${attemptsMax} failed: ${String(error).split('\n')[0]}`)
    }
  }
  await rename(partial, jars.folder)
}

/** Rejects when a jar is missing, is not in the list, or has other bytes. */
export async function checkJars(folder: string, sumsFile: string): Promise<void> {
  const wanted = parseSums(readFileSync(sumsFile, 'utf8'))
  const found = new Set(await readdir(folder))
  const missing = [...wanted.keys()].filter(name => !found.has(name))
  const unknown = [...found].filter(name => !wanted.has(name))
  if (missing.length + unknown.length > 0)
    throw new Error(`the jars differ from ${sumsFile}: missing ${list(missing)}, not listed ${list(unknown)}`)
  for (const [name, sum] of wanted) {
    const seen = await sumOf(join(folder, name))
    if (seen !== sum) throw new Error(`${name} has SHA-256 ${seen}, but ${sumsFile} demands ${sum}`)
  }
}

/** Sums by file name; throws on a line that is none. */
export function parseSums(text: string): Map<string, string> {
  const sums = new Map<string, string>()
  for (const line of text.split('\n').filter(candidate => candidate !== '')) {
    const [, sum, name] = /^([0-9a-f]{64}) {2}([\w.-]+)$/.exec(line) ?? []
    if (sum === undefined || name === undefined)
      throw new Error(`not a line of a list of sums: ${line.slice(0, 100)}`)
    sums.set(name, sum)
  }
  return sums
}

async function sumOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ')
}

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const sdkPath = 'github.com/aliyun/fc-runtime-go-sdk'

/** The Go of this machine; the tests that need it are skipped without. */
export const go = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map(folder => join(folder, 'go'))
  .find(path => existsSync(path))

/** The version of the real SDK in the module cache, newest last by name, if it was ever downloaded there. */
async function cachedSdk(): Promise<string | undefined> {
  const { stdout } = await run(go ?? 'go', ['env', 'GOMODCACHE'])
  const folder = join(stdout.trim(), 'cache/download', sdkPath, '@v')
  if (!existsSync(folder)) return undefined
  const versions = (await readdir(folder)).filter(name => name.endsWith('.zip')).toSorted()
  return versions.at(-1)?.slice(0, -'.zip'.length)
}

/**
 * Builds a program that uses the SDK, once per content: the real SDK where the module cache has it, else the
 * stand-in. Resolves with the path of the executable, outside the checkout.
 */
export async function buildGo(folder: string): Promise<string> {
  const version = await cachedSdk()
  const standIn = fileURLToPath(new URL('../../runtimes/go/test/fixtures/sdk', import.meta.url))
  const replaced = version === undefined ? `replace ${sdkPath} => ${standIn}\n` : ''
  const module = `module fixture\n\ngo 1.22\n\nrequire ${sdkPath} ${version ?? 'v0.0.0'}\n${replaced}`
  const hash = createHash('sha256').update(module)
  for (const root of version === undefined ? [folder, standIn] : [folder]) await hashFolder(hash, root)
  const built = join(tmpdir(), 'millrace-go-fixtures', hash.digest('hex').slice(0, 16))
  const executable = join(built, 'main')
  if (existsSync(executable)) return executable
  const work = `${built}.${process.pid}`
  await mkdir(work, { recursive: true })
  await cp(folder, work, { recursive: true })
  await writeFile(join(work, 'go.mod'), module)
  const environment = { ...process.env, GOFLAGS: '-mod=mod -buildvcs=false', GOPROXY: 'off', GOWORK: 'off' }
  await run(go ?? 'go', ['build', '-o', 'main', '.'], { cwd: work, env: environment })
  await rename(work, built).catch(() => rm(work, { recursive: true }))
  return executable
}

async function hashFolder(hash: ReturnType<typeof createHash>, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) hash.update(entry.name).update(await readFile(join(entry.parentPath, entry.name)))
  }
}

/** A code folder in which one executable has many names. */
export async function namedExecutables(
  folder: string,
  executable: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) await symlink(executable, join(folder, name))
}

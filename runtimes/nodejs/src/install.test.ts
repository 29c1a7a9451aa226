import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RuntimeHost } from '@millrace/spi'
import { describe, expect, onTestFinished, test } from 'vitest'
import { detect } from './detect.ts'
import { installer } from './install.ts'
import { programPackage } from './program.ts'

const never = new AbortController().signal

/** A machine whose `npm` is this shell script, in which `$prefix` is the folder to install into. */
async function machine(script: string): Promise<RuntimeHost & { installPath: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-install-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const npm = join(folder, 'npm')
  await writeFile(npm, `#!/bin/sh\nprefix=$3\n${script}\n`)
  await chmod(npm, 0o755)
  return {
    folder,
    searchPath: `${folder}:/usr/bin:/bin`,
    installPath: join(folder, 'installed'),
    installEnvironment: { npm_config_registry: 'https://registry.example' },
  }
}

/** Puts a program that says this version where npm would. */
function puts(version: string): string {
  const bin = `$prefix/node_modules/${programPackage}/bin`
  return `mkdir -p ${bin}; printf '#!/bin/sh\\necho ${version}\\n' > ${bin}/node; chmod 755 ${bin}/node`
}

async function reasonOf(work: Promise<void>): Promise<string> {
  return await work.then(
    () => 'it was installed',
    (thrown: unknown) => (thrown as Error).message,
  )
}

test.each([
  ['nodejs20', true],
  ['nodejs99', true],
  ['nodejs18', false],
  ['nodejs', false],
  ['nodejs020', false],
  ['nodejs20.1', false],
  ['nodejs20 --global', false],
  ['python3', false],
])('whether %s can be installed: %s', (name, can) => {
  expect(installer.canInstall(name)).toBe(can)
})

describe('installing', () => {
  test('asks npm for the plain program of the machine, without scripts, and tells what npm says', async () => {
    const host = await machine(`here=$(dirname $0); echo "$@" > $here/asked; env > $here/environment
      echo 'npm http fetch GET 200' >&2; ${puts('v97.3.1')}`)
    const lines: string[] = []

    await installer.install(host, 'nodejs97', line => lines.push(line), never)

    const asked = await readFile(join(host.folder, 'asked'), 'utf8')
    expect(asked).toMatch(/^install --prefix /)
    expect(asked).toContain('--ignore-scripts')
    expect(asked).toMatch(new RegExp(` ${programPackage}@97\n$`))
    const environment = await readFile(join(host.folder, 'environment'), 'utf8')
    expect(environment).toContain('npm_config_registry=https://registry.example')
    expect(lines).toEqual([
      `npm installs ${programPackage}@97`,
      'npm http fetch GET 200',
      'asking the program for its version',
      'Node.js 97.3.1 is installed',
    ])
    expect(await readdir(host.installPath)).toEqual(['nodejs97'])
    const [newest] = await detect(host, never)
    expect(newest).toMatchObject({ name: 'nodejs97', version: '97.3.1', isAdded: true })
  })

  test.each([
    [
      'npm finds nothing',
      "echo 'npm error code ETARGET' >&2; echo 'npm error notarget No matching version' >&2; exit 1",
      'npm failed: code ETARGET; notarget No matching version',
    ],
    ['npm ends without a word', 'exit 7', 'npm failed: it ended with 7'],
    ['the program does not run', puts('nonsense'), 'the program does not run on this machine'],
    ['it is another version', puts('v96.0.0'), 'the program says that it is 96.0.0'],
  ])('leaves nothing and says why when %s', async (_case, script, reason) => {
    const host = await machine(script)
    expect(await reasonOf(installer.install(host, 'nodejs97', () => {}, never))).toBe(reason)
    expect(await readdir(host.installPath)).toEqual([])
  })

  test('clears what a killed server has left of any version', async () => {
    const host = await machine(puts('v97.0.0'))
    await mkdir(join(host.installPath, '.unfinished-nodejs96', 'node_modules'), { recursive: true })
    await installer.install(host, 'nodejs97', () => {}, never)
    expect(await readdir(host.installPath)).toEqual(['nodejs97'])
  })

  test('is given up with all its processes when nobody waits any more', async () => {
    const host = await machine('echo begun >&2; sleep 600 & wait')
    const stop = new AbortController()
    const installing = installer.install(
      host,
      'nodejs97',
      line => line === 'begun' && stop.abort(),
      stop.signal,
    )
    await expect(installing).rejects.toMatchObject({ name: 'AbortError' })
    expect(await readdir(host.installPath)).toEqual([])
  })

  test('says so when there is no npm', async () => {
    const host = { searchPath: '/nowhere:relative', installPath: '/nowhere' }
    expect(await reasonOf(installer.install(host, 'nodejs97', () => {}, never))).toContain('no npm')
  })
})

test('what was installed can be removed, once', async () => {
  const host = await machine(puts('v97.0.0'))
  await installer.install(host, 'nodejs97', () => {}, never)
  expect(await installer.uninstall(host, 'nodejs97')).toBe(true)
  expect(await readdir(host.installPath)).toEqual([])
  expect(await installer.uninstall(host, 'nodejs97')).toBe(false)
  expect(await installer.uninstall(host, '../installed')).toBe(false)
})

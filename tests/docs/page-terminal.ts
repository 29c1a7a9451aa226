import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { freePort, repositoryRoot } from '../../tools/process/index.ts'
import { patienceMs, temporaryFolder } from '../end-to-end/index.ts'

/** How a command ended, and what it said on both streams. */
export interface Said {
  readonly status: number | null
  readonly text: string
}

/**
 * The terminals of somebody who follows a page in a clone: an empty folder in which `npx millrace` is this checkout's, one
 * shell whose folder and variables last from command to command, and one with the server. It ends with the test.
 */
export class PageTerminal {
  readonly folder: string
  readonly #port: number
  #server: ChildProcess | undefined
  /** Where the server that the page has started keeps its key. */
  #data: string

  private constructor(folder: string, port: number) {
    this.folder = folder
    this.#port = port
    this.#data = join(folder, '.millrace')
  }

  static async open(): Promise<PageTerminal> {
    const folder = await temporaryFolder()
    const terminal = new PageTerminal(folder, await freePort())
    const programs = join(folder, '.programs')
    await mkdir(programs)
    const bin = join(repositoryRoot, 'packages/cli/bin/millrace.js')
    const start = `exec '${process.execPath}' '${bin}' "$@"\n`
    await writeFile(join(programs, 'millrace'), `#!/bin/sh\n${start}`, { mode: 0o755 })
    await writeFile(join(programs, 'npx'), `#!/bin/sh\nshift\n${start}`, { mode: 0o755 })
    // A refusal of the server is a failure on a page, as it is for whoever reads what comes.
    const curl = `exec env PATH='${process.env['PATH'] ?? ''}' curl --silent --show-error --fail-with-body "$@"\n`
    await writeFile(join(programs, 'curl'), `#!/bin/sh\n${curl}`, { mode: 0o755 })
    await symlink(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, '.variables'), '')
    onTestFinished(() => terminal.#endServer())
    return terminal
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get isServing(): boolean {
    return this.#server !== undefined
  }

  /** What a page says, with the addresses and folders that this run has instead of the usual ones. */
  here(text: string): string {
    return text
      .replaceAll('127.0.0.1:8400', `127.0.0.1:${this.#port}`)
      .replaceAll(/(?<![\w.])\/tmp\//g, `${this.folder}/tmp/`)
      .replaceAll('path/to/that/folder', '.')
  }

  async write(path: string, text: string): Promise<void> {
    const target = join(this.folder, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, this.here(text))
  }

  /** Begins `millrace start` or `millrace dev …` as it is typed; one that runs already is ended first. Resolves with what it says until it serves. */
  async serve(command: string): Promise<string> {
    await this.#endServer()
    await this.#bringExamples(command)
    const [, path] = /millrace dev +([\w./-]+)/.exec(command) ?? []
    if (path !== undefined) this.#data = join(this.folder, path, '.millrace')
    const child = this.#spawn(`exec env ${this.here(command).replace(/ +# .*$/, '')}`)
    this.#server = child
    const said = listen(child)
    const isDev = command.includes('millrace dev')
    const ready = isDev ? async () => said().includes('wiring is in force') : () => this.#isReady()
    if (!(await until(async () => child.exitCode !== null || (await ready()))) || child.exitCode !== null)
      throw new Error(`the server of "${command}" does not serve:\n${said()}`)
    await this.#setCredentials()
    return said()
  }

  /** Types a command and waits for its end; what it sets and where it goes last. */
  async type(command: string): Promise<Said> {
    await this.#bringExamples(command)
    const child = this.#spawn(
      `set -a; . ./.variables; cd "\${PAGE_FOLDER:-.}"; ${this.here(command)}
status=$?; PAGE_FOLDER=$PWD; export -p > '${this.folder}/.variables'; exit $status`,
    )
    const said = listen(child)
    const overdue = setTimeout(() => endGroup(child, 'SIGKILL'), patienceMs)
    await once(child, 'close')
    clearTimeout(overdue)
    return { status: child.exitCode, text: said() }
  }

  /** Types a command that shows what comes, and ends it with Ctrl-C once it has shown what `isEnough` says. */
  async watch(command: string, isEnough: (text: string) => boolean): Promise<Said> {
    const child = this.#spawn(`set -a; . ./.variables; exec ${this.here(command)}`)
    const said = listen(child)
    const closed = once(child, 'close')
    const isShown = await until(async () => child.exitCode !== null || isEnough(said()))
    endGroup(child, isShown ? 'SIGINT' : 'SIGKILL')
    await closed
    return { status: isShown ? 0 : child.exitCode, text: said() }
  }

  #spawn(script: string): ChildProcess {
    return spawn('sh', ['-c', script], {
      cwd: this.folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: `${join(this.folder, '.programs')}:${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
        HOME: this.folder,
        MILLRACE_LISTEN: `127.0.0.1:${this.#port}`,
        MILLRACE_LOG: 'warn',
        MILLRACE_SANDBOX: 'process',
      },
    })
  }

  async #isReady(): Promise<boolean> {
    return await fetch(`${this.url}/readyz`).then(
      answer => answer.ok,
      () => false,
    )
  }

  /** The variables that pages use for the server and its key; a program that needs them says so in the page. */
  async #setCredentials(): Promise<void> {
    const { keys } = JSON.parse(await readFile(join(this.#data, 'credentials.json'), 'utf8')) as {
      keys: readonly { accessKeyId: string; accessKeySecret: string }[]
    }
    const { accessKeyId = '', accessKeySecret = '' } = keys[0] ?? {}
    const token = `${accessKeyId}.${accessKeySecret}`
    const variables = {
      URL: this.url,
      MILLRACE_URL: this.url,
      KEY_ID: accessKeyId,
      KEY_SECRET: accessKeySecret,
      MILLRACE_TOKEN: token,
      AUTH: `authorization: Bearer ${token}`,
    }
    const path = join(this.folder, '.variables')
    const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`)
    await writeFile(path, `${await readFile(path, 'utf8')}${lines.join('\n')}\n`)
  }

  /** Whoever follows a page in a clone has its examples; here they are copied when a command first names one. */
  async #bringExamples(command: string): Promise<void> {
    for (const [path] of command.matchAll(/\bexamples\/[\w-]+/g)) {
      const target = join(this.folder, path)
      if (await exists(target)) continue
      const isState = (file: string): boolean => /\/(?:\.millrace|node_modules|\.results)(?:\/|$)/.test(file)
      await cp(join(repositoryRoot, path), target, { recursive: true, filter: file => !isState(file) })
    }
  }

  async #endServer(): Promise<void> {
    const child = this.#server
    this.#server = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    endGroup(child, 'SIGTERM')
    const overdue = setTimeout(() => endGroup(child, 'SIGKILL'), patienceMs)
    await closed
    clearTimeout(overdue)
  }
}

/** What a process has said until now. */
function listen(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return () => text
}

/** The process and what it has started; the shell began a group of its own. */
function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

/** Resolves with whether the condition came true within the patience of a test. */
export async function until(condition: () => Promise<boolean>): Promise<boolean> {
  const endMs = performance.now() + patienceMs
  while (performance.now() < endMs) {
    if (await condition()) return true
    await pause(100)
  }
  return false
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

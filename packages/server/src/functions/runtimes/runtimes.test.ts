import { AppError, type InstalledRuntime, retryNever, type Runtime, type RuntimeHost } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import type { FunctionView } from '../../resources/index.ts'
import { RuntimeInstallations } from './installations.ts'
import { Runtimes } from './runtimes.ts'

const never = new AbortController().signal

function version(name: string, number = '1.0.0', isAdded = false): InstalledRuntime {
  return {
    name,
    version: number,
    isAdded,
    checkHandler: () => undefined,
    launch: () => ({ command: name, args: [], environment: {}, readOnlyPaths: [] }),
  }
}

/** Installs into memory; `snail9` takes until the signal aborts, `snail8` fails. */
class SnailPlugin implements Runtime {
  readonly language = 'snail'
  readonly installed = new Set<string>()
  readonly hosts: RuntimeHost[] = []
  detections = 0

  detect(host: RuntimeHost): Promise<readonly InstalledRuntime[]> {
    this.detections++
    this.hosts.push(host)
    const added = [...this.installed].map(name => version(name, '7.7.7', true))
    return Promise.resolve([...added, version('snail5')])
  }

  readonly installer = {
    canInstall: (name: string): boolean => /^snail[6-9]$/.test(name),
    install: async (
      _host: RuntimeHost,
      name: string,
      report: (line: string) => void,
      signal: AbortSignal,
    ): Promise<void> => {
      report(`fetching ${name}`)
      if (name === 'snail8') throw new Error('the registry is closed')
      if (name === 'snail9') await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
      this.installed.add(name)
    },
    uninstall: (_host: RuntimeHost, name: string): Promise<boolean> =>
      Promise.resolve(this.installed.delete(name)),
  }
}

const stone: Runtime = { language: 'stone', detect: () => Promise.resolve([version('stone1')]) }
const sick: Runtime = { language: 'sick', detect: () => Promise.reject(new Error('no')) }

interface Bench {
  readonly snail: SnailPlugin
  readonly runtimes: Runtimes
  readonly installations: RuntimeInstallations
  readonly clock: FakeClock
}

function bench(functions: readonly FunctionView[] = []): Bench {
  const snail = new SnailPlugin()
  const plugins = [sick, snail, stone]
  const runtimes = new Runtimes({
    runtimes: name => {
      const found = plugins.find(({ language }) => name.startsWith(language))
      if (found === undefined) throw new AppError('plugin.unknown', 'There is none', retryNever)
      return found
    },
    runtimeList: () => Promise.resolve(plugins),
    searchPath: '/bin',
    installEnvironment: { HOME: '/home' },
    installFolder: '/data/runtimes',
  })
  const clock = new FakeClock()
  const installations = new RuntimeInstallations({
    runtimes,
    clock,
    functions: () => functions,
    timeoutMs: 60_000,
  })
  return { snail, runtimes, installations, clock }
}

describe('a name', () => {
  test('of any language that is not there is refused with those of all languages that are', async () => {
    const { runtimes } = bench()
    for (const name of ['stone2', 'perl5']) {
      await expect(runtimes.find(name)).rejects.toMatchObject({
        code: 'function.runtime-unknown',
        message: `there is no runtime ${name}; installed: snail5, stone1`,
      })
    }
  })

  test('that could be installed is refused with the command that does it', async () => {
    const { runtimes } = bench()
    await expect(runtimes.find('snail7')).rejects.toMatchObject({
      code: 'function.runtime-unknown',
      message:
        'there is no runtime snail7; installed: snail5, stone1. To install it: millrace runtime add snail7',
      details: { command: 'millrace runtime add snail7' },
    })
  })

  test('is looked up once per language, which is told of a folder of its own', async () => {
    const { runtimes, snail } = bench()
    await runtimes.find('snail5')
    await runtimes.find('snail5')
    await runtimes.find('snail')
    expect(snail.detections).toBe(1)
    expect(snail.hosts).toEqual([
      {
        searchPath: '/bin',
        installEnvironment: { HOME: '/home' },
        installPath: '/data/runtimes/snail',
      },
    ])
  })
})

describe('installing', () => {
  test('makes a name known at once, and says what it does', async () => {
    const { runtimes, installations } = bench()
    await expect(runtimes.find('snail7')).rejects.toThrow()
    const lines: string[] = []
    const installed = await installations.install('snail7', line => lines.push(line), never)
    expect(installed).toEqual({ name: 'snail7', language: 'snail', version: '7.7.7', added: true })
    expect(lines).toEqual(['fetching snail7'])
    expect((await runtimes.find('snail7')).version).toBe('7.7.7')
    expect((await runtimes.list()).map(({ name }) => name)).toEqual(['snail7', 'snail5', 'stone1'])
  })

  test('does nothing for what is there, and refuses what cannot be installed', async () => {
    const { installations } = bench()
    const lines: string[] = []
    expect(await installations.install('snail5', line => lines.push(line), never)).toMatchObject({
      added: false,
    })
    expect(lines).toEqual([])
    for (const name of ['snail4', 'stone2', 'perl5']) {
      await expect(installations.install(name, () => {}, never)).rejects.toMatchObject({
        code: 'function.runtime-unknown',
      })
    }
  })

  test('tells why it failed, and can be tried again', async () => {
    const { installations } = bench()
    for (let round = 0; round < 2; round++) {
      await expect(installations.install('snail8', () => {}, never)).rejects.toMatchObject({
        code: 'function.runtime-not-installed',
        message: 'snail8 could not be installed: the registry is closed',
      })
    }
  })

  test('is one at a time, and ends when the time is over', async () => {
    const { installations, clock } = bench()
    const begun = Promise.withResolvers<void>()
    const installing = installations.install('snail9', () => begun.resolve(), never)
    const ending = installing.catch((thrown: unknown) => thrown)
    await begun.promise
    await expect(installations.install('snail7', () => {}, never)).rejects.toMatchObject({
      code: 'function.runtime-busy',
    })
    await clock.advance(60_000)
    expect(await ending).toMatchObject({
      message: 'snail9 could not be installed: it took longer than 60 s',
    })
    expect(await installations.install('snail7', () => {}, never)).toMatchObject({ name: 'snail7' })
  })

  test('ends when the server stops, or nobody waits any more', async () => {
    for (const [end, reason] of [
      ['server', 'the server is stopping'],
      ['client', 'it was cancelled'],
    ] as const) {
      const { installations } = bench()
      const client = new AbortController()
      const stop = (): void => (end === 'server' ? installations[Symbol.dispose]() : client.abort())
      const installing = installations.install('snail9', () => queueMicrotask(stop), client.signal)
      await expect(installing).rejects.toMatchObject({
        message: `snail9 could not be installed: ${reason}`,
      })
    }
  })
})

describe('removing', () => {
  function functionOn(runtime: string, published: string): FunctionView {
    const versions = new Map([['1', { deployment: { spec: { runtime: published } } }]])
    return { name: 'orders', latest: { spec: { runtime } }, versions } as unknown as FunctionView
  }

  test('takes away what was installed, and nothing else', async () => {
    const { runtimes, installations } = bench([functionOn('snail5', 'stone1')])
    await installations.install('snail7', () => {}, never)
    await installations.uninstall('snail7')
    await expect(runtimes.find('snail7')).rejects.toMatchObject({ code: 'function.runtime-unknown' })
    for (const name of ['snail7', 'stone1', 'perl5', 'snail4']) {
      await expect(installations.uninstall(name)).rejects.toMatchObject({ code: 'resource.not-found' })
    }
  })

  test.each([
    ['snail7', 'stone1'],
    ['stone1', 'snail7'],
  ])('is refused while a function has it as %s, a version of it %s', async (latest, published) => {
    const { installations, snail } = bench([functionOn(latest, published)])
    await installations.install('snail7', () => {}, never)
    await expect(installations.uninstall('snail7')).rejects.toMatchObject({
      code: 'function.runtime-in-use',
      message: 'snail7 is the runtime of functions: orders',
    })
    expect([...snail.installed]).toEqual(['snail7'])
  })
})

import { AppError, type PluginLog } from '@millrace/spi'
import { FakeClock, seededRandom, SourceHost } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import { expect, test } from 'vitest'
import { SecretBox } from '../auth/index.ts'
import { Doors } from '../http/index.ts'
import type { Plugins } from '../plugins/index.ts'
import { emptySnapshot, type InstanceView, type StreamView } from '../resources/index.ts'
import { CheckpointStore } from './checkpoints.ts'
import { type SourceOpener, type SourceParts, sourceOpener } from './source-context.ts'

const silent: PluginLog = { debug() {}, info() {}, warn() {}, error() {} }
const secrets = new SecretBox(Buffer.alloc(32, 7))

const streamOf = (source: object): StreamView =>
  ({ account: '1', name: 's', key: '1/s', createdAtMs: 1, spec: { source } }) as StreamView

type Opened = Parameters<Plugins['openSource']>

/** An opener, and what it was asked to open. */
async function opener(
  instances: Record<string, object> = {},
  refusal?: AppError,
): Promise<{
  open: SourceOpener
  opened: Opened[]
  doors: Doors
}> {
  const opened: Opened[] = []
  const doors = new Doors()
  const { documents } = await openStorage()
  const views = Object.entries(instances).map(([name, spec]) => [`1/${name}`, { name, spec } as InstanceView])
  const parts: SourceParts = {
    plugins: {
      openSource: async (...call) => (opened.push(call), await Promise.reject(new Error('enough'))),
    },
    secrets,
    snapshots: {
      current: () => ({ ...emptySnapshot, instances: new Map(views as [string, InstanceView][]) }),
    },
    checkpoints: new CheckpointStore(documents, silent),
    doors,
    roles: { refusalOfSource: () => refusal },
    clock: new FakeClock(),
    random: seededRandom(1),
    log: silent,
    region: 'eu',
    allowPrivateTargets: false,
    fileRoots: ['/srv'],
  }
  return { open: sourceOpener(parts), opened, doors }
}

test('a source gets the options of its instance, in the clear, under those of the stream', async () => {
  const { open, opened } = await opener({
    main: { connector: 'kafka', options: { bootstrap: 'a:1', password: secrets.seal('secret'), tls: true } },
  })
  const stream = streamOf({ connector: 'kafka', instance: 'main', options: { topics: ['t'], tls: false } })
  await expect(open(stream)).rejects.toThrow('enough')

  const [[system, options, context] = []] = opened
  expect(system).toBe('kafka')
  expect(options).toEqual({ bootstrap: 'a:1', password: 'secret', tls: false, topics: ['t'] })
  expect(context).toMatchObject({
    name: 's',
    account: '1',
    region: 'eu',
    instance: 'main',
    fileRoots: ['/srv'],
  })
})

test('without an instance the system gives its name; its checkpoints and its door are those of the stream', async () => {
  const { open, opened, doors } = await opener()
  await open(streamOf({ connector: 'http', options: {} })).catch(() => {})

  const context = opened[0]?.[2]
  expect(context?.instance).toBe('http')
  await context?.checkpoints.save('p', 'here')
  expect(await context?.checkpoints.load('p')).toBe('here')
  using _listening = context?.door.open(async () => ({ status: 204 }), { bodyBytesMax: 5 })
  expect(doors.at('1/s')).toMatchObject({ bodyBytesMax: 5 })
})

test('an instance that is not there, or one of another system, is refused', async () => {
  const { open } = await opener({ main: { connector: 'kafka', options: {} } })

  for (const instance of ['nowhere', 'main']) {
    const stream = streamOf({ connector: 'rabbitmq', instance, options: {} })
    await expect(open(stream)).rejects.toMatchObject({ code: 'instance.invalid' })
  }
})

test('the host of the conformance suite gives what the server gives', async () => {
  const { open, opened } = await opener()
  await open(streamOf({ connector: 'echo', options: {} })).catch(() => {})

  expect(Object.keys(new SourceHost().context).toSorted()).toEqual(
    Object.keys(opened[0]?.[2] ?? {}).toSorted(),
  )
})

test('a source is not opened for a stream whose role does not allow it', async () => {
  const refusal = new AppError('role.insufficient', 'no')
  const { open, opened } = await opener({}, refusal)
  await expect(open(streamOf({ connector: 'kafka', options: {} }))).rejects.toBe(refusal)
  expect(opened).toEqual([])
})

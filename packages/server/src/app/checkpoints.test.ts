import type { PluginLog, Storage } from '@millrace/spi'
import { openStorage } from '@millrace/storage-memory'
import { expect, test } from 'vitest'
import { emptySnapshot, type Snapshot, type Snapshots, type StreamView } from '../resources/index.ts'
import { checkpointBytesMax, checkpointNameBytesMax, checkpointsMax, CheckpointStore } from './checkpoints.ts'

const silent: PluginLog = { debug() {}, info() {}, warn() {}, error() {} }

const streamOf = (name: string, createdAtMs = 1): StreamView =>
  ({ account: '1', name, key: `1/${name}`, createdAtMs }) as StreamView

/** Snapshots whose streams a test sets. */
class SetSnapshots implements Snapshots {
  #snapshot: Snapshot = emptySnapshot
  readonly #listeners = new Set<(next: Snapshot, previous: Snapshot) => void>()

  current(): Snapshot {
    return this.#snapshot
  }

  subscribe(listener: (next: Snapshot, previous: Snapshot) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  set(...streams: StreamView[]): void {
    const previous = this.#snapshot
    this.#snapshot = { ...previous, streams: new Map(streams.map(stream => [stream.key, stream])) }
    for (const listener of this.#listeners) listener(this.#snapshot, previous)
  }
}

const keysOf = async ({ documents }: Storage): Promise<string[]> =>
  (await documents.list('checkpoint/')).map(({ key }) => key)

test('a checkpoint is there for a later opening of the same stream, and for no other', async () => {
  const { documents } = await openStorage()
  await new CheckpointStore(documents, silent).of(streamOf('a')).save('p/0', '17')
  const later = new CheckpointStore(documents, silent)

  expect(await later.of(streamOf('a')).load('p/0')).toBe('17')
  expect(await later.of(streamOf('a')).load('p/1')).toBeUndefined()
  expect(await later.of(streamOf('b')).load('p/0')).toBeUndefined()
})

test('a stream that was made anew under an old name begins anew', async () => {
  const { documents } = await openStorage()
  const store = new CheckpointStore(documents, silent)
  await store.of(streamOf('a', 1)).save('p', '17')

  expect(await store.of(streamOf('a', 2)).load('p')).toBeUndefined()
})

test('checkpoints of streams that are gone are removed at the start and whenever one goes', async () => {
  const storage = await openStorage()
  const snapshots = new SetSnapshots()
  using store = new CheckpointStore(storage.documents, silent)
  for (const name of ['stays', 'goes', 'gone']) await store.of(streamOf(name)).save('p', '1')
  snapshots.set(streamOf('stays'), streamOf('goes'))

  await store.start(snapshots)
  expect(await keysOf(storage)).toEqual(['checkpoint/1/goes/p', 'checkpoint/1/stays/p'])
  snapshots.set(streamOf('stays'))
  await expect.poll(() => keysOf(storage)).toEqual(['checkpoint/1/stays/p'])
})

test('names, texts and their number have limits', async () => {
  const { documents } = await openStorage()
  const checkpoints = new CheckpointStore(documents, silent).of(streamOf('a'))
  const refused = { code: 'storage.invalid' }

  await checkpoints.save('n'.repeat(checkpointNameBytesMax), 'x'.repeat(checkpointBytesMax))
  await expect(checkpoints.save('', '')).rejects.toMatchObject(refused)
  await expect(checkpoints.save('n'.repeat(checkpointNameBytesMax + 1), '')).rejects.toMatchObject(refused)
  await expect(checkpoints.save('n', 'ä'.repeat(checkpointBytesMax / 2 + 1))).rejects.toMatchObject(refused)
  for (let i = 1; i < checkpointsMax; i++) await checkpoints.save(`${i}`, '')
  await expect(checkpoints.save('one more', '')).rejects.toMatchObject({
    ...refused,
    details: { limit: checkpointsMax },
  })
  await checkpoints.save('1', 'again')
})

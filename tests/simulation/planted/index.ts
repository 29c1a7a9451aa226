import type { QueueChange, Sink, Storage } from '@millrace/spi'
import type { Plant } from '../plant.ts'

/** Replaces the commit of a storage. */
function withCommit(storage: Storage, commit: Storage['queue']['commit']): Storage {
  return {
    ...storage,
    queue: replace(storage.queue, { commit }),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  }
}

/** A port with some of its methods replaced. */
function replace<Port extends object>(port: Port, methods: Partial<Port>): Port {
  return new Proxy(port, {
    get: (target, name) => Reflect.get(methods, name) ?? (Reflect.get(target, name) as unknown),
  })
}

/** Every bug is found within 100 seeds, which `simulation.test.ts` proves. */
export const plants: readonly Plant[] = [
  {
    name: 'cursor-first',
    fault: 'the cursor is moved before the deliveries are stored',
    storage: storage =>
      withCommit(storage, async (change: QueueChange) => {
        const { cursors, ...rest } = change
        if (cursors !== undefined) await storage.queue.commit({ cursors })
        await storage.queue.commit(rest)
      }),
  },
  {
    name: 'retry-forgotten',
    fault: 'a delivery that failed is removed instead of put off',
    storage: storage =>
      withCommit(storage, change => {
        const failed = (change.put ?? []).filter(({ delivery }) => delivery.attempts > 0)
        const remove = failed.map(({ queue, delivery }) => ({ queue, position: delivery.position }))
        return storage.queue.commit({ ...change, remove: [...(change.remove ?? []), ...remove] })
      }),
  },
  {
    name: 'early-settle',
    fault: 'deliveries are settled before the sink has answered',
    sinks: sinks => ({
      open: (...args) => {
        const sink = sinks.open(...args)
        const hasty: Sink = {
          write: (records, signal) => {
            sink.write(records, signal).catch(() => {})
            return Promise.resolve(records.map(() => ({ status: 'ok' as const })))
          },
          [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
        }
        return hasty
      },
    }),
  },
  {
    name: 'overtake',
    fault: 'the last of a lane goes first',
    storage: storage => ({
      ...storage,
      [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
      queue: replace(storage.queue, {
        read: async (queue, view, limit) => {
          const found = await storage.queue.read(queue, view, limit)
          return view.kind === 'lane' ? found.reverse() : found
        },
      }),
    }),
  },
  {
    name: 'eager-trim',
    fault: 'retention removes ten events more than it may',
    storage: storage => ({
      ...storage,
      [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
      log: replace(storage.log, {
        trim: (log, before) => storage.log.trim(log, log.endsWith('#journal') ? before : before + 10),
      }),
    }),
  },
  {
    name: 'unsynced-ack',
    fault: 'producers are answered before the flush',
    storage: storage => ({
      ...storage,
      [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
      log: replace(storage.log, { append: (log, entries) => storage.log.append(log, entries, 'relaxed') }),
    }),
  },
  {
    name: 'dedup-twin',
    fault: 'de-duplication does not know events whose append is under way elsewhere',
    ingest: make => {
      const doors = [make(), make()] as const
      let turn = 0
      return {
        accept: (...args) => doors[turn++ % 2 === 0 ? 0 : 1].accept(...args),
        [Symbol.asyncDispose]: async () => {
          await Promise.all(doors.map(door => door[Symbol.asyncDispose]()))
        },
      }
    },
  },
  {
    name: 'second-ending',
    fault: 'endings are written twice',
    storage: storage =>
      withCommit(storage, change =>
        storage.queue.commit({
          ...change,
          journal: (change.journal ?? []).map(({ log, entries }) => ({
            log,
            entries: [...entries, ...entries],
          })),
        }),
      ),
  },
]

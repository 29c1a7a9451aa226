import { systemClock, systemRandom } from '@millrace/spi'
import { openStorage } from '@millrace/storage-lmdb'
import {
  type AsyncCalls,
  createAsyncCalls,
  createDelivery,
  createIngest,
  type Delivery,
  openEventLogs,
  registeredQueues,
  silentObserver,
} from '@millrace/server/engine'
import type { Platform } from '../calls/index.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const clock = systemClock
const random = systemRandom(clock)

/** Asynchronous calls as the server has them, on the embedded storage: the door, the log and delivery. */
export interface CallsEngine extends AsyncDisposable {
  readonly calls: AsyncCalls
  readonly delivery: Delivery
}

/** Delivery is not started: the caller does that when calls are to be made. */
export async function openEngine(folder: string, platform: Platform): Promise<CallsEngine> {
  await using owned = new AsyncDisposableStack()
  const storage = owned.use(await openStorage({ path: folder }))
  const logs = openEventLogs(storage.log)
  const calls = owned.use(
    createAsyncCalls({
      snapshots: platform.snapshots,
      documents: storage.documents,
      invoke: (...call) => platform.functions.invoke(...call),
      append: async (bus, event) => {
        const [outcome] = await ingest.accept(bus, [event])
        if (outcome?.status !== 'accepted') throw new Error('a call was not accepted')
      },
      queues: begin => registeredQueues(storage.documents, begin),
      clock,
      random,
      log,
    }),
  )
  const ingest = owned.use(
    createIngest({ logs, clock, random, observer: silentObserver, makeRoom: () => Promise.resolve() }),
  )
  await calls.start()
  const delivery = owned.use(
    createDelivery({
      storage,
      logs,
      snapshots: calls.snapshots,
      sinks: {
        open(account, spec) {
          const sink = calls.sink(account, spec, () => {
            throw new Error('these calls have no destination')
          })
          if (sink === undefined) throw new Error('only calls are made here')
          return sink
        },
      },
      clock,
      random,
      log,
      observer: silentObserver,
    }),
  )
  const graph = owned.move()
  return { calls, delivery, [Symbol.asyncDispose]: () => graph.disposeAsync() }
}

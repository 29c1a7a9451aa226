import { createServer } from 'node:http'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { optionsParser, type Sink, systemClock, systemRandom } from '@millrace/spi'
import { Pool } from 'undici'
import { connector } from '../src/index.ts'

/*
 * How many requests a second one sink makes on loopback, beside bare undici with the same bytes: 64 in flight, events of
 * about 400 bytes. The target runs in a thread of its own and answers 204. `perSecondAndCore` is by the processor time of
 * the sending thread, so that a busy machine does not spoil it. Run: node connectors/http/bench/loopback.ts
 */

const inFlight = 64
const warmUpMs = 1_000
const measureMs = 3_000
const rounds = 2

const event = new TextEncoder().encode(
  JSON.stringify({
    specversion: '1.0',
    id: 'e1',
    source: 'bench',
    type: 'bench',
    data: { pad: 'x'.repeat(320) },
  }),
)

if (isMainThread) await main()
else serve()

function serve(): void {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end())
  })
  server.listen(0, '127.0.0.1', () => parentPort?.postMessage(server.address()))
}

async function main(): Promise<void> {
  const worker = new Worker(new URL(import.meta.url))
  const { port } = await new Promise<{ port: number }>(resolve => worker.once('message', resolve))
  const origin = `http://127.0.0.1:${port}`
  for (let round = 1; round <= rounds; round++) {
    const bare = await measureBare(origin)
    const sink = await measureSink(origin)
    const ratio = Number((sink.perSecondAndCore / bare.perSecondAndCore).toFixed(2))
    console.log(JSON.stringify({ round, sink, bare, ratio }))
  }
  await worker.terminate()
}

async function measureSink(origin: string): Promise<Rate> {
  await using sink = openSink(origin)
  const record = { event, id: 'e1', source: 'bench', type: 'bench', body: event, contentType: undefined }
  return await measure(async signal => {
    const [outcome] = await sink.write([{ ...record, parameters: {}, attempt: 1 }], signal)
    if (outcome?.status !== 'ok') throw new Error('a write failed')
  })
}

async function measureBare(origin: string): Promise<Rate> {
  const pool = new Pool(origin, { connections: inFlight, pipelining: 1 })
  const headers = { 'content-type': 'application/cloudevents+json' }
  const rate = await measure(async signal => {
    const { body } = await pool.request({ path: '/', method: 'POST', headers, body: event, signal })
    await body.dump()
  })
  await pool.close()
  return rate
}

interface Rate {
  readonly perSecond: number
  readonly perSecondAndCore: number
}

async function measure(once: (signal: AbortSignal) => Promise<void>): Promise<Rate> {
  const stop = new AbortController()
  let done = 0
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await once(AbortSignal.timeout(10_000))
      done++
    }
  }
  const loops = Array.from({ length: inFlight }, loop)
  await new Promise(resolve => setTimeout(resolve, warmUpMs))
  const before = done
  const cpu = process.threadCpuUsage()
  const startMs = performance.now()
  await new Promise(resolve => setTimeout(resolve, measureMs))
  const seconds = (performance.now() - startMs) / 1_000
  const used = process.threadCpuUsage(cpu)
  const count = done - before
  stop.abort()
  await Promise.all(loops)
  return {
    perSecond: Math.round(count / seconds),
    perSecondAndCore: Math.round((count * 1e6) / (used.user + used.system)),
  }
}

function openSink(origin: string): Sink {
  const { sink: definition } = connector
  if (definition === undefined) throw new Error('the connector has no sink')
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const random = systemRandom(systemClock)
  const options = optionsParser('http', definition.options)({ url: origin })
  return definition.open(options, {
    clock: systemClock,
    random,
    log,
    allowPrivateTargets: true,
    fileRoots: [],
    name: 'bench',
  })
}

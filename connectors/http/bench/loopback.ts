import { createServer } from 'node:http'
import { Worker, isMainThread, parentPort } from 'node:worker_threads'
import { optionsParser, systemClock, systemRandom } from '@millrace/spi'
import { connector } from '../src/index.ts'

/*
 * How many requests a second one sink makes on loopback: 64 in flight, events of about 400 bytes. The target runs in a
 * thread of its own and answers 204, so that the figure is that of the sink. Run: node connectors/http/bench/loopback.ts
 */

const inFlight = 64
const warmUpMs = 1_000
const measureMs = 4_000

if (isMainThread) await measure()
else serve()

function serve(): void {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end())
  })
  server.listen(0, '127.0.0.1', () => parentPort?.postMessage(server.address()))
}

async function measure(): Promise<void> {
  const worker = new Worker(new URL(import.meta.url))
  const { port } = await new Promise<{ port: number }>(resolve => worker.once('message', resolve))
  const { sink: definition } = connector
  if (definition === undefined) throw new Error('the connector has no sink')
  const options = optionsParser('http', definition.options)({ url: `http://127.0.0.1:${port}/` })
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const random = systemRandom(systemClock)
  const sink = definition.open(options, {
    clock: systemClock,
    random,
    log,
    allowPrivateTargets: true,
    name: 'bench',
  })
  const event = new TextEncoder().encode(
    JSON.stringify({
      specversion: '1.0',
      id: 'e1',
      source: 'bench',
      type: 'bench',
      data: { pad: 'x'.repeat(320) },
    }),
  )
  const record = {
    event,
    id: 'e1',
    source: 'bench',
    type: 'bench',
    body: event,
    contentType: undefined,
    parameters: {},
    attempt: 1,
  }
  let done = 0
  let failed = 0
  const stop = new AbortController()
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const [outcome] = await sink.write([record], AbortSignal.timeout(10_000))
      if (outcome?.status === 'ok') done++
      else failed++
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
  await sink[Symbol.asyncDispose]()
  await worker.terminate()
  const cores = (used.user + used.system) / 1e6 / seconds
  console.log(
    JSON.stringify({
      perSecond: Math.round(count / seconds),
      perSecondAndCore: Math.round(count / seconds / cores),
      cores: Number(cores.toFixed(2)),
      failed,
    }),
  )
}

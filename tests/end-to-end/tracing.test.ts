import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ServerProcess } from '../../tools/process/index.ts'

interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
}

/** A collector that takes OTLP over HTTP and keeps the spans. */
async function collector(): Promise<AsyncDisposable & { endpoint: string; spans: ReceivedSpan[] }> {
  const spans: ReceivedSpan[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans: { scopeSpans: { spans: ReceivedSpan[] }[] }[]
      }
      for (const { scopeSpans } of body.resourceSpans)
        for (const scope of scopeSpans) spans.push(...scope.spans)
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    endpoint,
    spans,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test("an event's way is one trace: accepted, delivered, invoked, and known to the code", {
  timeout: 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-tracing-'))
  await using receiver = await collector()
  try {
    await using server = await ServerProcess.prepare(folder, { MILLRACE_OTLP_ENDPOINT: receiver.endpoint })
    await server.start()
    const client = server.client()
    const source =
      'export const handler = async (_event, context) => console.log(context.tracing.traceparent)'
    const code = await client.uploadCode(new Map([['index.mjs', Buffer.from(source)]]))
    await client.functions.put('traced', { code, runtime: 'nodejs', handler: 'index.handler' })
    await client.buses.put('orders', {})
    await client.rules('orders').put('all', {
      pattern: {},
      targets: [{ id: 'traced', sink: { function: 'traced' } }],
    })
    const traceId = 'a'.repeat(32)
    const producer = 'b'.repeat(16)
    await client.events.publish('orders', {
      source: '/test',
      type: 'order.placed',
      traceparent: `00-${traceId}-${producer}-01`,
    })

    await expect
      .poll(() => receiver.spans.map(({ name }) => name).toSorted(), { timeout: 30_000 })
      .toEqual(['accept', 'deliver', 'invoke'])
    for (const span of receiver.spans) expect(span).toMatchObject({ traceId, parentSpanId: producer })
    const invoke = receiver.spans.find(({ name }) => name === 'invoke')
    await expect
      .poll(async () => (await client.functionLogs('traced')).map(({ text }) => text).join('\n'))
      .toContain(`00-${traceId}-${invoke?.spanId}-01`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { openOtlpTracer } from './otlp-tracer.ts'

interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly status: { readonly code?: number }
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[]
}

/** A collector that keeps what it gets. */
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
        for (const { spans: found } of scopeSpans) spans.push(...found)
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
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

const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`

test('spans reach the collector, below the parent that they were given, before the tracer ends', async () => {
  await using receiver = await collector()
  {
    await using tracer = await openOtlpTracer({
      endpoint: receiver.endpoint,
      ratio: 1,
      version: '1',
      region: 'r',
    })
    const publish = tracer.start('publish', 'server', parent, { 'messaging.destination.name': 'orders' })
    const invoke = tracer.start('invoke', 'internal', publish.traceparent, {})
    invoke.end('function.failed', { 'faas.coldstart': true })
    publish.end()
  }
  const [invoke, publish] = receiver.spans
  expect(publish).toMatchObject({ name: 'publish', traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) })
  expect(invoke).toMatchObject({
    traceId: 'a'.repeat(32),
    parentSpanId: publish?.spanId,
    status: { code: 2 },
  })
  expect(invoke?.attributes.map(({ key }) => key).toSorted()).toEqual(['error.type', 'faas.coldstart'])
})

test('a trace that is not sampled elsewhere is not recorded here, and goes on as unsampled', async () => {
  await using receiver = await collector()
  {
    await using tracer = await openOtlpTracer({
      endpoint: receiver.endpoint,
      ratio: 1,
      version: '1',
      region: 'r',
    })
    const span = tracer.start('publish', 'server', parent.replace(/01$/, '00'), {})
    expect(span.traceparent).toMatch(new RegExp(`^00-${'a'.repeat(32)}-[0-9a-f]{16}-00$`))
    span.end()
    const begun = tracer.start('publish', 'server', 'no traceparent', {})
    expect(begun.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    begun.end()
  }
  expect(receiver.spans).toHaveLength(1)
})

test('a collector that is not there does not keep the server from ending', async () => {
  const tracer = await openOtlpTracer({ endpoint: 'http://127.0.0.1:9', ratio: 1, version: '1', region: 'r' })
  tracer.start('publish', 'server', undefined, {}).end()
  await tracer[Symbol.asyncDispose]()
})

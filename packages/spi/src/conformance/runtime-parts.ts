import { expect } from 'vitest'
import { type Frame, frameType, type HttpRequestHead, streamWindowBytes } from '../runtime-protocol.ts'
import { type RuntimeCase, text } from './runtime-fixture.ts'
import type { RuntimeHost } from './runtime-host.ts'

interface AnswerInParts {
  readonly head: Frame
  readonly body: Buffer
  /** The `result` or `error` that ends it. */
  readonly end: Frame
}

/** Takes an answer in parts, and gives back the room of each part at once. */
async function takeParts(host: RuntimeHost, channel: number): Promise<AnswerInParts> {
  const head = await host.next(channel, frameType.head, frameType.error)
  const parts: Uint8Array[] = []
  if (head.type === frameType.error) return { head, body: Buffer.alloc(0), end: head }
  for (;;) {
    const frame = await host.next(channel, frameType.data, frameType.result, frameType.error)
    if (frame.type !== frameType.data) return { head, body: Buffer.concat(parts), end: frame }
    parts.push(frame.payload)
    host.send(frameType.credit, channel, { bytes: frame.payload.length })
  }
}

export function partCases(check: RuntimeCase): void {
  check('an answer in parts begins with a head and ends with an empty result', async bench => {
    await using host = await bench.start('parts')
    const { body, end } = await takeParts(host, host.begin(''))
    expect(body.toString()).toBe('onetwothree')
    expect(end).toMatchObject({ type: frameType.result, header: { durationMs: expect.any(Number) } })
    expect(end.payload).toHaveLength(0)
  })

  check('an instance sends no more than its window, and goes on with each credit', async bench => {
    await using host = await bench.start('manyParts')
    const channel = host.begin('')
    await host.next(channel, frameType.head)
    let bytes = 0
    while (bytes < streamWindowBytes) bytes += (await host.next(channel, frameType.data)).payload.length
    expect(bytes).toBe(streamWindowBytes)
    // The answer to a ping follows all that was sent before: nothing of the channel may lie between.
    for (let round = 0; round < 3; round++) {
      host.send(frameType.ping, channel)
      expect(await host.next(channel, frameType.pong, frameType.data, frameType.result)).toMatchObject({
        type: frameType.pong,
      })
    }
    host.send(frameType.credit, channel, { bytes })
    const rest: Uint8Array[] = []
    for (;;) {
      const frame = await host.next(channel, frameType.data, frameType.result)
      if (frame.type === frameType.result) break
      rest.push(frame.payload)
      host.send(frameType.credit, channel, { bytes: frame.payload.length })
    }
    expect(bytes + Buffer.concat(rest).length).toBe(3 * 1_024 * 1_024)
  })

  check('an answer that fails half-way ends with the error, and the instance goes on', async bench => {
    await using host = await bench.start('brokenParts')
    for (let round = 0; round < 2; round++) {
      const { body, end } = await takeParts(host, host.begin(''))
      expect(body.toString()).toBe('one')
      expect(end).toMatchObject({
        type: frameType.error,
        header: { kind: 'unhandled', errorMessage: 'half' },
      })
    }
  })

  check('an answer in parts that waits for room is given up when it is cancelled', async bench => {
    await using host = await bench.start('manyParts')
    const channel = host.begin('')
    let bytes = 0
    while (bytes < streamWindowBytes) bytes += (await host.next(channel, frameType.data)).payload.length
    host.send(frameType.cancel, channel)
    expect(await host.answer(channel)).toMatchObject({ type: frameType.error })
    const again = await takeParts(host, host.begin(''))
    expect(again.body).toHaveLength(3 * 1_024 * 1_024)
  })
}

const request: HttpRequestHead = {
  method: 'PUT',
  path: '/a%20b/c',
  query: 'q=one%26two&other=1',
  headers: { 'content-type': 'application/octet-stream', host: 'example.com' },
  clientAddress: '203.0.113.7',
}

export function httpCases(check: RuntimeCase): void {
  check('a handler of HTTP requests answers with status, headers and a body of any bytes', async bench => {
    await using host = await bench.start('http', { handlerKind: 'http' })
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index))
    const { head, body, end } = await takeParts(host, host.begin(bytes, { http: request }))
    expect(head.header).toMatchObject({
      statusCode: 201,
      headers: { 'x-method': 'PUT', 'x-query': 'one&two', 'x-many': ['a', 'b'] },
    })
    expect(body).toEqual(bytes)
    expect(end.type).toBe(frameType.result)
  })

  check('a request without a body is answered without one', async bench => {
    await using host = await bench.start('http', { handlerKind: 'http' })
    const { head, body } = await takeParts(host, host.begin('', { http: { ...request, method: 'GET' } }))
    expect(head.header).toMatchObject({ statusCode: 201, headers: { 'x-method': 'GET' } })
    expect(body).toHaveLength(0)
  })

  check('a handler of HTTP requests that fails before its answer is an error', async bench => {
    await using host = await bench.start('httpFail', { handlerKind: 'http' })
    const answer = await host.next(host.begin('', { http: request }), frameType.head, frameType.error)
    expect(answer).toMatchObject({ type: frameType.error, header: { errorMessage: 'no answer' } })
  })
}

export function qualifierCases(check: RuntimeCase): void {
  check('the context has what the caller has named, anew for each invocation', async bench => {
    const service = { name: '', logProject: '', logStore: '', qualifier: 'LATEST', versionId: '3' }
    const { context } = bench.header('')
    await using host = await bench.start('context', { context: { ...context, service } })
    expect(JSON.parse(text(await host.invoke('', { qualifier: 'prod' })))).toMatchObject({
      service: { qualifier: 'prod', versionId: '3' },
    })
    expect(JSON.parse(text(await host.invoke('', { qualifier: '3' })))).toMatchObject({
      service: { qualifier: '3', versionId: '3' },
    })
    expect(JSON.parse(text(await host.invoke('')))).toMatchObject({ service: { qualifier: 'LATEST' } })
  })
}

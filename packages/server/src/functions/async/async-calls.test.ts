import { AppError, retryNever } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { account, busy, CallEngine, failedBy, succeeded } from './calls.fixture.ts'

const payload = Buffer.from('{"k":1}')
const destinations = { onSuccess: { bus: 'done' }, onFailure: { bus: 'lost' } } as const

describe('a call', () => {
  test('is made with exactly the bytes, the qualifier and the trace that it was given', async () => {
    await using engine = await CallEngine.withFunction({ prod: {} })
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'x=1' }
    const accepted = await engine.calls.call(account, 'f', bytes, {
      qualifier: 'prod',
      requestId: 'r-1',
      trace,
    })
    await engine.settled()
    expect(accepted).toEqual({ requestId: 'r-1', taskId: undefined })
    expect(engine.outside.made).toMatchObject([
      { name: 'f', options: { requestId: 'r-1', qualifier: 'prod', retryCount: 0, trace } },
    ])
    expect(Buffer.from(engine.outside.made[0]?.payload ?? []).equals(bytes)).toBe(true)
    expect(await engine.endings()).toEqual(['delivered'])
  })

  test('is refused when it could never be made', async () => {
    await using engine = await CallEngine.withFunction()
    const code = async (name: string, options: object, bytes: Uint8Array = payload): Promise<unknown> =>
      await engine.calls.call(account, name, bytes, options).then(
        () => 'accepted',
        (error: AppError) => error.code,
      )
    expect(await code('g', {})).toBe('function.not-found')
    expect(await code('f', { qualifier: '7' })).toBe('function.version-not-found')
    expect(await code('f', { qualifier: 'prod' })).toBe('function.alias-not-found')
    expect(await code('f', {}, new Uint8Array(131_073))).toBe('function.payload-too-large')
    expect(await code('f', {}, new Uint8Array(131_072))).toBe('accepted')
    expect(await code('f', { delayMs: 3_600_000 })).toBe('function.request-invalid')
    expect(await code('f', { delayMs: -1 })).toBe('function.request-invalid')
    expect(await code('f', { taskId: 'job-1' })).toBe('function.request-invalid')
    expect(await code('f', { requestId: 'a b' })).toBe('function.request-invalid')
  })

  test('is put off as long as it says, and not counted as failed for that', async () => {
    await using engine = await CallEngine.withFunction()
    const startMs = engine.clock.nowMs()
    await engine.calls.call(account, 'f', payload, { delayMs: 3_599_000 })
    await engine.pass(3_598_000)
    expect(engine.outside.made).toEqual([])
    await engine.pass(2_000)
    expect(engine.outside.made).toMatchObject([{ atMs: startMs + 3_599_000, options: { retryCount: 0 } }])
  })
})

describe('retries', () => {
  test('errors of the function are retried three times, the first after a second', async () => {
    await using engine = await CallEngine.withFunction()
    engine.outside.behaviours.set('f', () => failedBy('no'))
    const startMs = engine.clock.nowMs()
    await engine.calls.call(account, 'f', payload)
    await engine.pass(300_000, 1_000)
    expect(engine.outside.made.map(({ options }) => options.retryCount)).toEqual([0, 1, 2, 3])
    expect(engine.outside.made[1]?.atMs).toBe(startMs + 1_000)
    expect(await engine.endings()).toEqual(['dead-lettered'])
  })

  test('what the platform had no room for is tried until there is, and counts as nothing', async () => {
    await using engine = await CallEngine.withFunction({ LATEST: { retriesMax: 0 } })
    engine.outside.behaviours.set('f', (_call, count) => (count <= 8 ? busy : succeeded('ok')))
    const calledAtMs = engine.clock.nowMs()
    await engine.calls.call(account, 'f', payload)
    await engine.pass(60_000, 500)
    expect(engine.outside.made).toHaveLength(9)
    const waitedMs = (engine.outside.made.at(-1)?.atMs ?? 0) - calledAtMs
    expect(engine.counted).toEqual(['enqueued acme/f', `dequeued acme/f ${waitedMs}`])
    expect(engine.outside.made.at(-1)?.options.retryCount).toBe(0)
    expect(await engine.endings()).toEqual(['delivered'])
  })

  test('calls that wait while their function is disabled are made when it is not', async () => {
    await using engine = await CallEngine.withFunction({ LATEST: { retriesMax: 0 } })
    const disabled = new AppError('function.disabled', 'off', retryNever)
    engine.outside.behaviours.set('f', (_call, count) => (count <= 3 ? disabled : succeeded('ok')))
    await engine.calls.call(account, 'f', payload)
    await engine.pass(30_000, 500)
    expect(await engine.endings()).toEqual(['delivered'])
  })

  test('a function that is never free lets its calls expire, and its destination is told', async () => {
    await using engine = await CallEngine.withFunction({ LATEST: { ...destinations, ageMsMax: 60_000 } })
    engine.outside.behaviours.set('f', () => busy)
    await engine.calls.call(account, 'f', payload, { requestId: 'r-1' })
    await engine.pass(120_000, 1_000)
    // The outcome is a delivery of its own: whether it comes before the end of the call is left open.
    expect(new Set(engine.counted)).toEqual(new Set(['enqueued acme/f', 'told acme/f', 'expired acme/f']))
    expect(engine.counted).toHaveLength(3)
    expect(engine.outside.told).toMatchObject([
      { destination: 'lost', event: { type: 'fc:AsyncInvoke:failed' } },
    ])
    const data = engine.outside.told[0]?.event['data'] as { requestContext: object; responseContext: object }
    expect(data.requestContext).toMatchObject({
      condition: 'FunctionResourceExhausted',
      approximateInvokeCount: 0,
    })
    expect(data.responseContext).toEqual({ statusCode: 429, functionError: '' })
  })

  test('a call that waited too long is not made any more', async () => {
    await using engine = await CallEngine.withFunction({
      LATEST: { ...destinations, ageMsMax: 60_000, tasks: true },
    })
    await engine.delivery[Symbol.asyncDispose]()
    await engine.calls.call(account, 'f', payload, { taskId: 'late' })
    const { clock, outside, storage } = engine
    await clock.advance(61_000)
    await engine.calls[Symbol.asyncDispose]()
    await using later = await CallEngine.start({ clock, outside, storage })
    await later.settled()
    expect(outside.made).toEqual([])
    expect(outside.told).toMatchObject([
      { destination: 'lost', event: { data: { requestContext: { condition: 'AsyncEventExpired' } } } },
    ])
    expect(await later.calls.tasks.get(account, 'f', 'late')).toMatchObject({ status: 'Expired' })
  })
})

describe('destinations', () => {
  test('success is told with the record of the protocol, as an event to a bus', async () => {
    await using engine = await CallEngine.withFunction({ LATEST: destinations })
    engine.outside.behaviours.set('f', (_call, count) => (count === 1 ? failedBy('no') : succeeded('done')))
    const calledAtMs = engine.clock.nowMs()
    await engine.calls.call(account, 'f', payload, { requestId: 'r-1' })
    await engine.pass(2_000, 1_000)
    expect(engine.outside.told).toMatchObject([
      {
        destination: 'done',
        event: {
          specversion: '1.0',
          source: 'acs:fc',
          type: 'fc:AsyncInvoke:succeeded',
          subject: 'acs:fc:local:acme:functions/f',
          datacontenttype: 'application/json',
          data: {
            timestamp: calledAtMs,
            requestContext: {
              requestId: 'r-1',
              functionArn: 'acs:fc:local:acme:functions/f',
              condition: '',
              approximateInvokeCount: 2,
            },
            requestPayload: '{"k":1}',
            responseContext: { statusCode: 200, functionError: '' },
            responsePayload: 'done',
          },
        },
      },
    ])
  })

  test('a failure carries the error as the function made it', async () => {
    const onFailure = { connector: 'queue', options: {} }
    await using engine = await CallEngine.withFunction({ LATEST: { onFailure, retriesMax: 1 } })
    engine.outside.behaviours.set('f', () => failedBy('no'))
    await engine.calls.call(account, 'f', payload, { requestId: 'r-1' })
    await engine.pass(5_000, 1_000)
    expect(engine.outside.told).toMatchObject([
      {
        destination: 'queue',
        body: {
          requestContext: { condition: 'UnhandledInvocationError', approximateInvokeCount: 2 },
          responseContext: { statusCode: 200, functionError: 'UnhandledInvocationError' },
          responsePayload: '{"errorMessage":"no","errorType":"Error","stackTrace":[]}',
        },
      },
    ])
  })

  test('a function is told by an asynchronous call of its own', async () => {
    await using engine = await CallEngine.withFunction({ LATEST: { onSuccess: { function: 'g' } } })
    engine.outside.functions.put('g')
    await engine.calls.call(account, 'f', payload)
    await engine.settled()
    const told = engine.outside.made.find(({ name }) => name === 'g')
    expect(JSON.parse(Buffer.from(told?.payload ?? []).toString())).toMatchObject({ responsePayload: 'ok' })
  })

  test('one that fails is tried again without making the call again; one that refuses is not', async () => {
    await using engine = await CallEngine.withFunction({ LATEST: { ...destinations, tasks: true } })
    const down = new AppError('sink.unavailable', 'down', { kind: 'backoff' })
    const refusal = new AppError('sink.rejected', 'no', retryNever)
    let tries = 0
    engine.outside.destination = () => (++tries <= 5 ? { status: 'failed', error: down } : { status: 'ok' })
    await engine.calls.call(account, 'f', payload, { taskId: 'a' })
    await engine.pass(60_000, 500)
    expect(engine.outside.told).toHaveLength(1)
    engine.outside.destination = () => ({ status: 'failed', error: refusal })
    await engine.calls.call(account, 'f', payload, { taskId: 'b' })
    await engine.pass(60_000, 500)
    expect(engine.outside.made).toHaveLength(2)
    const status = async (id: string) => (await engine.calls.tasks.get(account, 'f', id)).destinationStatus
    expect([await status('a'), await status('b')]).toEqual(['Succeeded', 'Failed'])
    expect(await engine.endings()).toEqual(['delivered', 'delivered', 'delivered', 'dropped'])
  })
})

describe('settings', () => {
  test('calls that wait outlive the removal of the setting by which they were made', async () => {
    await using engine = await CallEngine.withFunction({ prod: { retriesMax: 8 } })
    engine.outside.behaviours.set('f', (_call, count) => (count === 1 ? failedBy('no') : succeeded('ok')))
    await engine.calls.call(account, 'f', payload, { qualifier: 'prod' })
    await engine.settled()
    engine.outside.functions.put('f')
    await engine.pass(2_000, 500)
    expect(await engine.endings()).toEqual(['delivered'])
  })

  test('and a restart after it', async () => {
    const engine = await CallEngine.withFunction({ prod: { retriesMax: 8 } })
    const { clock, outside, storage } = engine
    outside.behaviours.set('f', (_call, count) => (count === 1 ? failedBy('no') : succeeded('ok')))
    await engine.calls.call(account, 'f', payload, { qualifier: 'prod' })
    await engine.settled()
    outside.functions.put('f')
    await engine[Symbol.asyncDispose]()
    await using later = await CallEngine.start({ clock, outside, storage })
    await later.pass(2_000, 500)
    expect(await later.endings()).toEqual(['delivered'])
  })

  test('a deleted function ends its calls, waiting or not yet routed, and the next of its name gets none of them', async () => {
    await using engine = await CallEngine.withFunction({
      LATEST: { tasks: true, onFailure: { bus: 'lost' } },
    })
    engine.outside.behaviours.set('f', () => failedBy('no'))
    await engine.calls.call(account, 'f', payload, { taskId: 'waits' })
    await engine.settled()
    const made = engine.outside.made.length
    const unrouted = engine.calls.call(account, 'f', payload, { taskId: 'new' })
    engine.outside.functions.delete('f')
    await unrouted
    await engine.settled()
    await engine.clock.advance(1)
    engine.outside.functions.put('f', { LATEST: { tasks: true } })
    await engine.pass(60_000, 1_000)
    expect(engine.outside.made).toHaveLength(made)
    expect(await engine.endings()).toEqual(['dropped', 'dropped'])
    const { items } = await engine.calls.tasks.list(account, 'f')
    expect(Object.fromEntries(items.map(({ taskId, status }) => [taskId, status]))).toEqual({
      new: 'Invalid',
      waits: 'Invalid',
    })
  })

  test('calls of one function do not wait for those of another', async () => {
    await using engine = await CallEngine.withFunction()
    engine.outside.functions.put('g')
    engine.outside.behaviours.set('f', () => 'hang')
    for (let count = 0; count < 200; count++) await engine.calls.call(account, 'f', payload)
    await engine.calls.call(account, 'g', payload)
    await engine.clock.settle()
    expect(engine.outside.made.filter(({ name }) => name === 'f')).toHaveLength(8)
    expect(engine.outside.made.filter(({ name }) => name === 'g')).toHaveLength(1)
  })
})

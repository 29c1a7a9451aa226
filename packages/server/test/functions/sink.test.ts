import type { OutgoingRecord } from '@millrace/spi'
import { expect, test } from 'vitest'
import { account, FunctionsBench } from './bench.ts'

function record(body: string, attempt = 1): OutgoingRecord {
  return {
    event: Buffer.from('{}'),
    id: 'e1',
    source: 's',
    type: 't',
    body: Buffer.from(body),
    contentType: undefined,
    parameters: {},
    attempt,
  }
}

const signal = new AbortController().signal

test('a record is an invocation with its body; the reply is the result', async () => {
  await using bench = await FunctionsBench.open()
  await bench.define('echo', 'exports.handler = async (event, context) => `${event} ${context.retryCount}`')
  await using sink = bench.functions.sink(account, 'echo')
  const outcomes = await sink.write([record('a'), record('b', 3)], signal)
  expect(outcomes).toMatchObject([{ status: 'ok' }, { status: 'ok' }])
  const replies = outcomes.map(outcome => (outcome.status === 'ok' ? String(outcome.reply) : ''))
  expect(replies).toEqual(['a 0', 'b 2'])
  expect(outcomes[0]?.detail).toMatch(/^ok \d+ ms$/)
})

test('a function that fails is an outcome worth a retry, with the failure as details', async () => {
  await using bench = await FunctionsBench.open()
  await bench.define(
    'bad',
    'exports.handler = (event, context, callback) => callback(new RangeError("too far"))',
  )
  await using sink = bench.functions.sink(account, 'bad')
  expect(await sink.write([record('')], signal)).toMatchObject([
    {
      status: 'failed',
      error: {
        code: 'function.failed',
        message: 'function bad failed: RangeError: too far',
        retry: { kind: 'backoff' },
        details: { failureType: 'HandledInvocationError', errorType: 'RangeError', errorMessage: 'too far' },
      },
    },
  ])
})

test('a function that does not exist is an outcome that no retry can help, until it does', async () => {
  await using bench = await FunctionsBench.open()
  await using sink = bench.functions.sink(account, 'later')
  expect(await sink.write([record('')], signal)).toMatchObject([
    { status: 'failed', error: { code: 'function.not-found', retry: { kind: 'never' } } },
  ])
  await bench.define('later', 'exports.handler = async () => "here"')
  expect(await sink.write([record('')], signal)).toMatchObject([{ status: 'ok' }])
})

test('writing rejects when its signal aborts', async () => {
  await using bench = await FunctionsBench.open()
  await bench.define(
    'wait',
    'exports.handler = (e, { signal }) => { console.log("begun"); return new Promise(done => signal.onabort = done) }',
  )
  await using sink = bench.functions.sink(account, 'wait')
  const stop = new AbortController()
  const writing = sink.write([record('')], stop.signal)
  await bench.logged('wait', 'begun')
  stop.abort(new Error('too late'))
  await expect(writing).rejects.toThrow('too late')
})

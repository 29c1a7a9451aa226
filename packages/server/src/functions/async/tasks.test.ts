import { AppError } from '@millrace/spi'
import { expect, test } from 'vitest'
import { account, busy, CallEngine, failedBy, succeeded } from './calls.fixture.ts'
import { taskEventsMax } from './task.ts'
import { reviewEveryMs } from './task-review.ts'

const payload = Buffer.from('{"k":1}')
const withTasks = { LATEST: { tasks: true } }

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => 'done',
    (error: AppError) => error.code,
  )

async function statuses(engine: CallEngine, taskId: string): Promise<string[]> {
  return (await engine.calls.tasks.get(account, 'f', taskId)).events.map(({ status }) => status)
}

test('a task tells each of its states, and what came of it', async () => {
  await using engine = await CallEngine.withFunction(withTasks)
  engine.outside.behaviours.set('f', (_call, count) => (count === 1 ? failedBy('no') : succeeded('ok')))
  const { taskId } = await engine.calls.call(account, 'f', payload, { taskId: 'job-1' })
  await engine.settled()
  expect(await engine.calls.tasks.get(account, 'f', 'job-1')).toMatchObject({
    status: 'Retrying',
    retries: 0,
  })
  await engine.pass(2_000, 500)
  expect(taskId).toBe('job-1')
  expect(await statuses(engine, 'job-1')).toEqual([
    'Enqueued',
    'Dequeued',
    'Running',
    'Retrying',
    'Dequeued',
    'Running',
    'Succeeded',
  ])
  const task = await engine.calls.tasks.get(account, 'f', 'job-1')
  expect(task).toMatchObject({
    qualifier: 'LATEST',
    retries: 1,
    instanceId: 'c-1',
    durationMs: 3,
    errorMessage: '',
  })
  expect(Buffer.from(task.payload).toString()).toBe('{"k":1}')
})

test('a task that fails for good says why, and skips the state of a retry that is not to come', async () => {
  await using engine = await CallEngine.withFunction({ LATEST: { tasks: true, retriesMax: 0 } })
  engine.outside.behaviours.set('f', () => failedBy('no'))
  await engine.calls.call(account, 'f', payload, { taskId: 'job-1' })
  await engine.pass(2_000, 500)
  expect(await statuses(engine, 'job-1')).toEqual(['Enqueued', 'Dequeued', 'Running', 'Failed'])
  expect(await engine.calls.tasks.get(account, 'f', 'job-1')).toMatchObject({
    errorMessage: 'no',
    retries: 0,
  })
})

test('the second call with the id of a task is refused and not made, also when both come at once', async () => {
  await using engine = await CallEngine.withFunction(withTasks)
  const call = () => codeOf(engine.calls.call(account, 'f', payload, { taskId: 'job-1' }))
  expect((await Promise.all([call(), call()])).toSorted()).toEqual(['done', 'function.task-exists'])
  await engine.settled()
  expect(await call()).toBe('function.task-exists')
  expect(engine.outside.made).toHaveLength(1)
})

test('without an id the task has that of the request', async () => {
  await using engine = await CallEngine.withFunction(withTasks)
  const { requestId, taskId } = await engine.calls.call(account, 'f', payload)
  expect(taskId).toBe(requestId)
  expect((await engine.calls.tasks.get(account, 'f', requestId)).requestId).toBe(requestId)
})

test('stopping ends a task that waits and aborts one that runs, and nothing is made of either again', async () => {
  await using engine = await CallEngine.withFunction(withTasks)
  engine.outside.behaviours.set('f', () => 'hang')
  await engine.calls.call(account, 'f', payload, { taskId: 'waits', delayMs: 60_000 })
  await engine.calls.call(account, 'f', payload, { taskId: 'runs' })
  await engine.clock.settle()
  const { tasks } = engine.calls
  expect((await tasks.stop(account, 'f', 'waits')).status).toBe('Stopped')
  expect((await tasks.stop(account, 'f', 'runs')).status).toBe('Stopping')
  await engine.settled()
  expect(await statuses(engine, 'runs')).toEqual(['Enqueued', 'Dequeued', 'Running', 'Stopping', 'Stopped'])
  expect(await statuses(engine, 'waits')).toEqual(['Enqueued', 'Stopping', 'Stopped'])
  await engine.pass(120_000, 10_000)
  expect(engine.outside.made).toHaveLength(1)
  expect(await codeOf(tasks.stop(account, 'f', 'runs'))).toBe('function.task-ended')
  expect(await codeOf(tasks.stop(account, 'f', 'none'))).toBe('function.task-not-found')
})

test('the list is by time, in pages, by status, beginning of the id and time', async () => {
  await using engine = await CallEngine.withFunction(withTasks)
  const startMs = engine.clock.nowMs()
  engine.outside.behaviours.set('f', ({ options }) =>
    options.requestId === 'r-3' ? failedBy('no') : succeeded(''),
  )
  for (let index = 0; index < 7; index++) {
    const taskId = `${index % 2 === 0 ? 'even' : 'odd'}-${9 - index}`
    await engine.calls.call(account, 'f', payload, { taskId, requestId: `r-${index}` })
    await engine.pass(1_000)
  }
  const { tasks } = engine.calls
  const ids = async (query: Parameters<typeof tasks.list>[2]) =>
    (await tasks.list(account, 'f', query)).items.map(({ requestId }) => requestId)
  expect(await ids({})).toEqual(['r-6', 'r-5', 'r-4', 'r-3', 'r-2', 'r-1', 'r-0'])
  expect(await ids({ prefix: 'odd-', order: 'ascending' })).toEqual(['r-1', 'r-3', 'r-5'])
  expect(await ids({ startedFromMs: startMs + 2_000, startedBeforeMs: startMs + 4_000 })).toEqual([
    'r-3',
    'r-2',
  ])
  expect(await ids({ status: 'Retrying' })).toEqual(['r-3'])
  const first = await tasks.list(account, 'f', { limit: 3 })
  expect(first.items).toHaveLength(3)
  const second = await tasks.list(account, 'f', {
    limit: 4,
    ...(first.next === undefined ? {} : { after: first.next }),
  })
  expect(second.items.map(({ requestId }) => requestId)).toEqual(['r-3', 'r-2', 'r-1', 'r-0'])
  expect(second.next).toBeUndefined()
})

test('records are kept for seven days after the end, and removed with their payloads', async () => {
  await using engine = await CallEngine.withFunction(withTasks)
  await engine.calls.call(account, 'f', payload, { taskId: 'job-1' })
  await engine.settled()
  await engine.pass(7 * 86_400_000 - reviewEveryMs)
  expect(await statuses(engine, 'job-1')).toHaveLength(4)
  await engine.pass(2 * reviewEveryMs, reviewEveryMs)
  expect(await codeOf(engine.calls.tasks.get(account, 'f', 'job-1'))).toBe('function.task-not-found')
  expect(await engine.storage.documents.list('call-task')).toEqual([])
})

test('a record that a crash has kept from being written is written when its call is made', async () => {
  await using engine = await CallEngine.withFunction(withTasks)
  const { documents } = engine.storage
  const put = documents.put.bind(documents)
  documents.put = () => Promise.reject(new Error('the power is gone'))
  await engine.calls.call(account, 'f', payload, { taskId: 'job-1' }).catch(() => {})
  documents.put = put
  await engine.pass(10_000, 500)
  expect(await statuses(engine, 'job-1')).toEqual(['Enqueued', 'Dequeued', 'Running', 'Succeeded'])
  expect(engine.outside.made).toHaveLength(1)
})

test('a call that is made before its record can be read is made all the same', async () => {
  await using engine = await CallEngine.withFunction(withTasks)
  const { documents } = engine.storage
  const put = documents.put.bind(documents)
  const visible = Promise.withResolvers<void>()
  let isWritten = false
  // As drivers that write in batches do: the key is taken at once, and shown a while later.
  documents.put = async (key, value, expected) => {
    if (!key.startsWith('call-task/')) return await put(key, value, expected)
    if (isWritten && expected === 0) throw new AppError('storage.conflict', 'taken')
    if (!isWritten) {
      isWritten = true
      await visible.promise
    }
    return await put(key, value, expected)
  }
  const accepted = engine.calls.call(account, 'f', payload, { taskId: 'job-1' })
  await engine.clock.settle()
  await engine.clock.advance(50)
  visible.resolve()
  await accepted
  await engine.pass(1_000, 100)
  expect(await statuses(engine, 'job-1')).toEqual(['Enqueued', 'Dequeued', 'Running', 'Succeeded'])
  expect(engine.outside.made).toHaveLength(1)
})

test('without tasks no document is written for a call', async () => {
  await using engine = await CallEngine.withFunction()
  for (let count = 0; count < 10; count++) await engine.calls.call(account, 'f', payload)
  await engine.settled()
  expect(await engine.storage.documents.list('call-task')).toEqual([])
  expect(engine.outside.made).toHaveLength(10)
})

test('a task that is retried for long keeps the beginning and the end of its history', async () => {
  await using engine = await CallEngine.withFunction({ LATEST: { tasks: true } })
  engine.outside.behaviours.set('f', (_call, count) => (count <= 60 ? busy : succeeded('')))
  await engine.calls.call(account, 'f', payload, { taskId: 'job-1' })
  await engine.pass(7_200_000, 30_000)
  const { events, status } = await engine.calls.tasks.get(account, 'f', 'job-1')
  expect(status).toBe('Succeeded')
  expect(events).toHaveLength(taskEventsMax)
  expect(events[0]?.status).toBe('Enqueued')
  expect(events.at(-1)).toMatchObject({ status: 'Succeeded' })
})

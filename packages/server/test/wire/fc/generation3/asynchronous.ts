import { describe, expect, test } from 'vitest'
import { codeOf, model } from '../fixture.ts'
import { arn, plain, type Stage } from './stage.ts'

export function asynchronousTests(stage: Stage): void {
  describe('asynchronous calls', () => {
    const config = (fields: object) => model('PutAsyncInvokeConfigInput', fields)

    test('their settings come back as they were written', async () => {
      await stage.create('done')
      const destinationConfig = { onSuccess: { destination: arn('functions/done') } }
      const body = config({
        asyncTask: true,
        maxAsyncRetryAttempts: 0,
        maxAsyncEventAgeInSeconds: 3600,
        destinationConfig,
      })
      const request = model('PutAsyncInvokeConfigRequest', { body, qualifier: 'LATEST' })
      const written = await stage.client.putAsyncInvokeConfig('hello', request)
      const expected = {
        asyncTask: true,
        maxAsyncRetryAttempts: 0,
        maxAsyncEventAgeInSeconds: 3600,
        destinationConfig,
        functionArn: arn('functions/hello'),
      }
      expect(plain(written.body)).toMatchObject(expected)
      const read = await stage.client.getAsyncInvokeConfig('hello', model('GetAsyncInvokeConfigRequest', {}))
      expect(plain(read.body)).toMatchObject(expected)
      const list = await stage.client.listAsyncInvokeConfigs(
        model('ListAsyncInvokeConfigsRequest', { limit: 5 }),
      )
      expect(plain(list.body)).toMatchObject({ configs: [expected] })
      const bad = config({ destinationConfig: { onFailure: { destination: 'acs:mq:cn:1:/x' } } })
      expect(
        await codeOf(
          stage.client.putAsyncInvokeConfig('hello', model('PutAsyncInvokeConfigRequest', { body: bad })),
        ),
      ).toBe('InvalidArgument')
    })

    test('a call is accepted, made once for one task id, and told by its task', async () => {
      const headers = { 'x-fc-invocation-type': 'Async', 'x-fc-async-task-id': 'job-1' }
      const accepted = await stage.invoke('hello', 'later', headers)
      expect(accepted).toMatchObject({ statusCode: 202, text: '' })
      expect(accepted.headers['x-fc-async-task-id']).toBe('job-1')
      expect(await codeOf(stage.invoke('hello', 'later', headers))).toBe(
        'StatefulAsyncInvocationAlreadyExists',
      )

      const task = () => stage.client.getAsyncTask('hello', 'job-1', model('GetAsyncTaskRequest', {}))
      await expect.poll(async () => (await task()).body?.status, { timeout: 20_000 }).toBe('Succeeded')
      expect(plain((await task()).body)).toMatchObject({
        taskId: 'job-1',
        qualifier: 'LATEST',
        taskPayload: 'later',
        taskErrorMessage: '',
        alreadyRetriedTimes: 0,
        events: expect.arrayContaining([expect.objectContaining({ eventId: 1, status: 'Enqueued' })]),
      })
      expect(await codeOf(stage.client.getAsyncTask('hello', 'none', model('GetAsyncTaskRequest', {})))).toBe(
        'AsyncTaskNotFound',
      )
    })

    test('a task that waits is stopped, and tasks are listed by state', async () => {
      const later = {
        'x-fc-invocation-type': 'Async',
        'x-fc-async-task-id': 'job-2',
        'x-fc-async-delay': '600',
      }
      await stage.invoke('hello', 'never', later)
      const stopped = await stage.client.stopAsyncTask('hello', 'job-2', model('StopAsyncTaskRequest', {}))
      expect(stopped.statusCode).toBe(204)
      expect(
        await codeOf(stage.client.stopAsyncTask('hello', 'job-1', model('StopAsyncTaskRequest', {}))),
      ).toBe('InvalidArgument')
      const list = async (fields: object) => {
        const { body } = await stage.client.listAsyncTasks('hello', model('ListAsyncTasksRequest', fields))
        return body?.tasks?.map(one => [one.taskId, one.taskPayload])
      }
      expect(await list({ status: 'Stopped', includePayload: true })).toEqual([['job-2', 'never']])
      expect(await list({ prefix: 'job', sortOrderByTime: 'asc' })).toEqual([
        ['job-1', undefined],
        ['job-2', undefined],
      ])
      const request = model('DeleteAsyncInvokeConfigRequest', {})
      expect((await stage.client.deleteAsyncInvokeConfig('hello', request)).statusCode).toBe(204)
      expect(
        await codeOf(stage.client.getAsyncInvokeConfig('hello', model('GetAsyncInvokeConfigRequest', {}))),
      ).toBe('AsyncConfigNotExists')
    })
  })
}

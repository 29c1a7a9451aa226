import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { arn, type AwsServer, errorOf, operationsOf, queueArn, startAwsServer } from './fixture.ts'

let server: AwsServer

beforeAll(async () => {
  server = await startAwsServer()
  await server.rest('PUT', '/queues/second', {})
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const send: AwsServer['send'] = (command, input) => server.send(command, input)

const entry = { Source: 'shop.orders', DetailType: 'OrderPaid', Detail: '{"id":7,"note":"café"}' }

describe('archives', () => {
  test('are made, told, changed and replayed', async () => {
    await send('CreateEventBus', { Name: 'kept' })
    const EventSourceArn = arn('event-bus/kept')
    const { ArchiveArn } = await send('CreateArchive', {
      ArchiveName: 'some',
      EventSourceArn,
      EventPattern: '{"detail":{"keep":[true]}}',
      RetentionDays: 30,
    })
    expect(ArchiveArn).toBe(arn('archive/some'))
    expect(await errorOf(send('CreateArchive', { ArchiveName: 'some', EventSourceArn }))).toBe(
      'ResourceAlreadyExistsException',
    )
    await send('PutRule', { Name: 'later', EventBusName: 'kept', EventPattern: '{"source":["shop.orders"]}' })
    const keep = (detail: object) => ({ ...entry, EventBusName: 'kept', Detail: JSON.stringify(detail) })
    await send('PutEvents', { Entries: [keep({ keep: true, n: 1 }), keep({ keep: false, n: 2 })] })
    await send('UpdateArchive', { ArchiveName: 'some', Description: 'orders' })
    expect(await send('DescribeArchive', { ArchiveName: 'some' })).toMatchObject({
      ArchiveName: 'some',
      EventSourceArn,
      Description: 'orders',
      EventPattern: '{"detail":{"keep":[true]}}',
      RetentionDays: 30,
      State: 'ENABLED',
      EventCount: 2,
      CreationTime: expect.any(Date),
    })
    expect((await send('ListArchives', { EventSourceArn }))['Archives']).toMatchObject([
      { ArchiveName: 'some' },
    ])
    expect((await server.rest('GET', '/buses/kept')).json).toMatchObject({
      spec: { retentionMs: 30 * 86_400_000 },
    })
    const targets = [{ Id: 'q', Arn: queueArn('second') }]
    await send('PutTargets', { Rule: 'later', EventBusName: 'kept', Targets: targets })

    const replay = {
      EventSourceArn: ArchiveArn,
      EventStartTime: new Date(Date.now() - 3_600_000),
      EventEndTime: new Date(Date.now() + 60_000),
      Destination: { Arn: EventSourceArn, FilterArns: [arn('rule/kept/later')] },
    }
    const started = await send('StartReplay', { ReplayName: 'again', ...replay })
    expect(started).toMatchObject({ ReplayArn: arn('replay/again'), State: 'STARTING' })
    const event = JSON.parse(await server.received('second'))
    expect(event).toMatchObject({ detail: { keep: true, n: 1 }, 'replay-name': 'again' })
    await expect
      .poll(async () => (await send('DescribeReplay', { ReplayName: 'again' }))['State'], { timeout: 15_000 })
      .toBe('COMPLETED')
    expect(await send('DescribeReplay', { ReplayName: 'again' })).toMatchObject({
      Destination: replay.Destination,
      EventSourceArn: ArchiveArn,
      EventStartTime: expect.any(Date),
    })
    expect((await send('ListReplays', { NamePrefix: 'ag' }))['Replays']).toMatchObject([
      { State: 'COMPLETED' },
    ])
    expect((await server.rest('GET', '/queues/second/messages')).json).toEqual({ messages: [] })
    expect(await errorOf(send('CancelReplay', { ReplayName: 'again' }))).toBe('IllegalStatusException')
    expect(await errorOf(send('StartReplay', { ReplayName: 'again', ...replay }))).toBe(
      'ResourceAlreadyExistsException',
    )
  })

  test('have replays that can be cancelled', async () => {
    // The target cannot be reached and is tried for a day, so the replay does not end by itself.
    const { ConnectionArn } = await send('CreateConnection', {
      Name: 'slow',
      AuthorizationType: 'BASIC',
      AuthParameters: { BasicAuthParameters: { Username: 'u', Password: 'p' } },
    })
    const { ApiDestinationArn } = await send('CreateApiDestination', {
      Name: 'slow',
      ConnectionArn,
      InvocationEndpoint: 'http://127.0.0.1:1/',
      HttpMethod: 'POST',
    })
    const place = { Rule: 'later', EventBusName: 'kept' }
    await send('PutTargets', { ...place, Targets: [{ Id: 'q', Arn: ApiDestinationArn }] })
    await send('StartReplay', {
      ReplayName: 'stopped',
      EventSourceArn: arn('archive/some'),
      EventStartTime: new Date(Date.now() - 3_600_000),
      EventEndTime: new Date(Date.now() + 60_000),
      Destination: { Arn: arn('event-bus/kept') },
    })
    await expect
      .poll(async () => (await send('DescribeReplay', { ReplayName: 'stopped' }))['State'], {
        timeout: 15_000,
      })
      .toBe('RUNNING')
    expect(await send('CancelReplay', { ReplayName: 'stopped' })).toMatchObject({ State: 'CANCELLING' })
    expect(await send('DescribeReplay', { ReplayName: 'stopped' })).toMatchObject({ State: 'CANCELLED' })
  })

  test.each([
    ['a bus', { EventSourceArn: arn('event-bus/kept') }, 'ValidationException'],
    ['an archive that is not there', { EventSourceArn: arn('archive/none') }, 'ResourceNotFoundException'],
    ['another bus', { Destination: { Arn: arn('event-bus/default') } }, 'ValidationException'],
    ['an end before its start', { EventEndTime: new Date(0) }, 'ValidationException'],
    [
      'a rule that is not there',
      { Destination: { Arn: arn('event-bus/kept'), FilterArns: [arn('rule/kept/none')] } },
      'ResourceNotFoundException',
    ],
  ])('are not replayed with %s', async (_what, changed, name) => {
    const replay = {
      ReplayName: 'bad',
      EventSourceArn: arn('archive/some'),
      EventStartTime: new Date(1_000),
      EventEndTime: new Date(2_000),
      Destination: { Arn: arn('event-bus/kept') },
    }
    expect(await errorOf(send('StartReplay', { ...replay, ...changed }))).toBe(name)
  })

  test('are deleted', async () => {
    await send('DeleteArchive', { ArchiveName: 'some' })
    expect(await errorOf(send('DescribeArchive', { ArchiveName: 'some' }))).toBe('ResourceNotFoundException')
    expect(await errorOf(send('ListArchives', { NamePrefix: 'a', State: 'ENABLED' }))).toBe(
      'ValidationException',
    )
  })
})

test('the table of actions tells what this client was answered', () => {
  expect(server.contradictions(operationsOf.archives)).toEqual([])
})

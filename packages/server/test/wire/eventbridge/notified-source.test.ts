import { expect, test } from 'vitest'
import { startCatcher, startWireServer } from './fixture.ts'
import { rpcClient } from './rpc-client.ts'

test('notifications of a bucket, posted to the address of its event source, are events of the bus', async () => {
  await using server = await startWireServer()
  await using target = await startCatcher()
  const call = rpcClient(server)
  const bus = { EventBusName: 'uploads' }
  await call('CreateEventBus', bus)
  const ParamList = [{ ResourceKey: 'Body', Form: 'ORIGINAL' }]
  const EventTargets = [{ Id: 't', Type: 'http', Endpoint: target.url, ParamList }]
  await call('CreateRule', { ...bus, RuleName: 'all', FilterPattern: '{}', EventTargets })
  const SourceOSSEventParameters = {
    EventTypes: ['oss:ObjectCreated:PutObject'],
    MatchRules: [[{ Suffix: '.png', MatchState: true }]],
    StsRoleArn: 'acs:ram::1:role/r',
  }
  await call('CreateEventSource', { ...bus, EventSourceName: 'pictures', SourceOSSEventParameters })
  const { Data } = (await call('ListUserDefinedEventSources', bus)) as {
    Data: { EventSourceList: { SourceOSSEventParameters: { PublicWebHookUrl: string[] } }[] }
  }
  const [url = ''] = Data.EventSourceList[0]?.SourceOSSEventParameters.PublicWebHookUrl ?? []

  const post = async (...keys: string[]): Promise<number> => {
    const Records = keys.map(key => ({
      eventName: 's3:ObjectCreated:Put',
      eventTime: '2026-08-13T06:45:43.000Z',
      awsRegion: 'cn-hangzhou',
      responseElements: { 'x-amz-request-id': key },
      s3: { bucket: { name: 'demo' }, object: { key, size: 1 } },
    }))
    return (await fetch(url, { method: 'POST', body: JSON.stringify({ Records }) })).status
  }
  await expect.poll(() => post('a.txt'), { timeout: 10_000 }).toBe(200)
  expect(await post('a.png', 'b.txt')).toBe(200)
  expect(await fetch(`${url.slice(0, -4)}beef`, { method: 'POST', body: '{}' })).toMatchObject({
    status: 404,
  })

  // What is not wanted came first, so it would stand here.
  const { text } = await target.next()
  expect(JSON.parse(text)).toMatchObject({
    id: 'a.png',
    source: 'acs.oss',
    type: 'oss:ObjectCreated:PutObject',
    subject: 'acs:oss:cn-hangzhou:1000000000000001:demo/a.png',
    data: { eventName: 'ObjectCreated:PutObject', oss: { object: { key: 'a.png', deltaSize: 1 } } },
  })
})

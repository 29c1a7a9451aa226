import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, testAccount, type TestServer } from '../../http/harness.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await server.services.resources.buses.put(testAccount, 'orders', {}, 0)
})
afterAll(() => server[Symbol.asyncDispose]())

const event = '{"id":"1","source":"a","specversion":"1.0","type":"t","data":1,"aliyuneventbusname":"orders"}'

test.each([
  ['putEvents', 'application/cloudevents-batch+json', '{}', 409, 'EventInvalid'],
  ['putEvents', 'application/cloudevents-batch+json', '[', 409, 'EventInvalid'],
  ['putEvents', 'application/cloudevents-batch+json', '', 409, 'EventInvalid'],
  ['putEvents', 'application/cloudevents-batch+json', '[1]', 409, 'EventInvalid'],
  ['putEvents', 'application/json', event, 409, 'EventHTTPProtocolBindingInvalid'],
  ['putEvents', 'application/cloudevents+xml', event, 409, 'EventHTTPProtocolBindingInvalid'],
  ['putEvents', 'application/cloudevents+json', event.replace('"data":1,', ''), 409, 'EventDataEmpty'],
  ['putEvents', 'application/cloudevents+json', event.replace('1.0', '0.2'), 409, 'EventSpecversionInvalid'],
  ['putEvents', 'application/cloudevents+json', event.replace('"a"', '""'), 409, 'EventSourceInvalid'],
  ['putEvents', 'application/cloudevents+json', `${' '.repeat(1_048_576)}${event}`, 409, 'EventSizeExceed'],
  ['getEventBus', 'application/json', '[]', 409, 'RequestParameterInvalid'],
  ['getEventBus', 'application/json', '', 409, 'RequestParameterInvalid'],
  ['getEventBus', 'application/json', '{"EventBusName":5}', 409, 'RequestParameterInvalid'],
  ['createRule', 'application/json', '{"EventBusName":"orders"}', 409, 'EventRuleNameInvalid'],
  [
    'createTargets',
    'application/json',
    '{"EventBusName":"orders","RuleName":"r"}',
    409,
    'RequestParameterInvalid',
  ],
  ['queryEventTraces', 'application/json', '{"EventBusName":"orders"}', 409, 'RequestParameterInvalid'],
  ['nothing', 'application/json', '{}', 404, 'RequestParameterInvalid'],
])('%s with %s is refused in lower case: %s', async (action, contentType, body, status, code) => {
  const answer = await server.call('POST', `/openapi/${action}`, body, { 'content-type': contentType })

  expect(answer.status, answer.text).toBe(status)
  expect(answer.json).toMatchObject({ code, message: expect.any(String), requestId: expect.any(String) })
  expect(answer.headers.get('x-eventbridge-request-id')).toBe(answer.json?.['requestId'])
  expect(server.logged).toEqual([])
})

test('one event is published in structured and in binary mode', async () => {
  const structured = await server.call('POST', '/openapi/putEvents', event, {
    'content-type': 'application/cloudevents+json; charset=utf-8',
  })
  const binary = await server.call('POST', '/openapi/putEvents', '{"a":1}', {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': '2',
    'ce-source': 'a',
    'ce-type': 't',
    'ce-aliyuneventbusname': 'orders',
  })

  expect(structured.json).toMatchObject({ FailedEntryCount: 0, EntryList: [{ EventId: '1' }] })
  expect(binary.json).toMatchObject({ FailedEntryCount: 0, EntryList: [{ EventId: '2' }] })
})

test('a vendor time with a zone id is tolerated', async () => {
  const zoned = event.replace('"data"', '"time":"2020-08-24T13:54:05.965Asia/Shanghai","data"')

  const answer = await server.call('POST', '/openapi/putEvents', zoned, {
    'content-type': 'application/cloudevents+json',
  })

  expect(answer.status, answer.text).toBe(200)
})

import { expect, test } from 'vitest'
import { send } from '../fc/signing.ts'
import { comparable, readCapture, startFrozen } from './capture.ts'

test('what the clients of both styles once sent is understood to the byte and answered as it was then', async () => {
  const { atMs, exchanges } = await readCapture()
  await using server = await startFrozen(atMs)
  expect(exchanges.length).toBeGreaterThan(20)

  for (const { what, request, answer } of exchanges) {
    const body = Buffer.from(request.body, 'base64')
    const { status, text } = await send(server.endpoint, { ...request, body })
    expect(comparable(status, text), what).toEqual(answer)
  }
})

test('an altered parameter, an altered body and a repeated request are refused by their signature', async () => {
  const { atMs, exchanges } = await readCapture()
  await using server = await startFrozen(atMs)
  const find = (wanted: string) => {
    const found = exchanges.find(({ what }) => what === wanted)
    if (found === undefined) throw new Error(`there is no ${wanted}`)
    return { ...found.request, body: Buffer.from(found.request.body, 'base64') }
  }
  const codeOf = async (request: ReturnType<typeof find>) => {
    const { status, text } = await send(server.endpoint, request)
    return [status, (JSON.parse(text) as { Code?: string }).Code]
  }
  const bus = find('CreateEventBus')
  const streaming = find('GetEventStreaming')

  expect(await codeOf({ ...bus, path: bus.path.replace('golden', 'silver') })).toEqual([
    403,
    'SignatureDoesNotMatch',
  ])
  expect(await codeOf({ ...streaming, body: Buffer.from('EventStreamingName=other') })).toEqual([
    403,
    'SignatureDoesNotMatch',
  ])
  expect(await codeOf(bus)).toEqual([200, 'Success'])
  expect(await codeOf(bus)).toEqual([403, 'SignatureDoesNotMatch'])
})

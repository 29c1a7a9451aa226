import { expect } from 'vitest'
import { frameType } from '../runtime-protocol.ts'
import { type RuntimeCase, text } from './runtime-fixture.ts'

export function codeCases(check: RuntimeCase): void {
  check('the event comes to the code and its result back, byte for byte', async bench => {
    await using host = await bench.start('echo')
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index))
    const answer = await host.invoke(bytes)
    expect(answer.type).toBe(frameType.result)
    expect(Buffer.from(answer.payload)).toEqual(bytes)
    expect(answer.header['durationMs']).toBeGreaterThanOrEqual(0)
    expect(answer.header['memoryKiB']).toBeGreaterThan(1_000)
  })

  check('an empty event and an empty result pass', async bench => {
    await using host = await bench.start('echo')
    const answer = await host.invoke('')
    expect(answer).toMatchObject({ type: frameType.result })
    expect(answer.payload).toHaveLength(0)
  })

  check('an event of 32 MiB passes both ways', async bench => {
    await using host = await bench.start('echo')
    const bytes = Buffer.alloc(32 * 1_024 * 1_024, 'millrace')
    const answer = await host.invoke(bytes)
    expect(answer.type).toBe(frameType.result)
    expect(bytes.equals(answer.payload)).toBe(true)
  })

  check('a string becomes UTF-8, an object JSON, nothing no bytes', async bench => {
    await using asText = await bench.start('text')
    await using asObject = await bench.start('object')
    await using asNothing = await bench.start('nothing')
    expect(text(await asText.invoke(''))).toBe('grüße')
    const object = await asObject.invoke('')
    expect(text(object)).toBe('{"a":[1,null]}')
    expect(object.header['contentType']).toBe('application/json')
    expect(text(await asNothing.invoke(''))).toBe('')
  })

  check('the context has the request, the function, and what the server adds', async bench => {
    await using host = await bench.start('context')
    const answer = await host.invoke('', { requestId: 'request-x', retryCount: 2 })
    expect(JSON.parse(text(answer))).toMatchObject({
      requestId: 'request-x',
      retryCount: 2,
      function: { name: 'f', memory: 256, timeout: 3 },
      region: 'local',
      accountId: 'a',
      credentials: { accessKeyId: '', accessKeySecret: '', securityToken: '' },
    })
  })

  check('credentials of an invocation reach its context and no later one', async bench => {
    await using host = await bench.start('context')
    const credentials = { accessKeyId: 'k', accessKeySecret: 's', securityToken: 't' }
    expect(JSON.parse(text(await host.invoke('', { credentials })))).toMatchObject({ credentials })
    const later = JSON.parse(text(await host.invoke(''))) as { credentials: { accessKeyId: string } }
    expect(later.credentials.accessKeyId).toBe('')
  })

  check('the environment of the code is the given one and nothing else', async bench => {
    await using host = await bench.start('environment', { environment: { A: '1', EMPTY: '', LANG: 'C' } })
    expect(JSON.parse(text(await host.invoke('')))).toEqual({ A: '1', EMPTY: '', LANG: 'C' })
  })

  check('the code runs in its own folder', async bench => {
    await using host = await bench.start('folders')
    expect(JSON.parse(text(await host.invoke('')))).toMatchObject({ working: bench.fixtures.codePath })
  })

  check('the initializer runs once, before the first invocation', async bench => {
    await using host = await bench.start('count', { initializer: bench.fixtures.handler('initialize') })
    expect(text(await host.invoke(''))).toBe('101')
    expect(text(await host.invoke(''))).toBe('102')
  })

  check('several invocations run at once in one instance, each with its own answer', async bench => {
    await using host = await bench.start('gate')
    const first = host.begin('first')
    const second = host.begin('second')
    expect(text(await host.invoke('open'))).toBe('open')
    expect(text(await host.answer(second))).toBe('second')
    expect(text(await host.answer(first))).toBe('first')
  })
}

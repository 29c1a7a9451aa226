import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { frameType, type InitializeHeader } from '@millrace/spi'
import { RuntimeHost } from '@millrace/spi/conformance'
import { afterAll, describe, expect, test } from 'vitest'
import { compileJava, fixturesFolder, installedJava } from './compiled.ts'

const java = await installedJava()

describe.skipIf(java === undefined)('Java code (needs java: a JDK from 17 on)', async () => {
  if (java === undefined) return
  const codePath = await compileJava(java, join(fixturesFolder, 'Handlers.java'))
  afterAll(() => rm(codePath, { recursive: true, force: true }))

  async function start(handler: string, change: Partial<InitializeHeader> = {}): Promise<RuntimeHost> {
    const host = await RuntimeHost.start(java as NonNullable<typeof java>)
    const answer = await host.initialize({
      codePath,
      handler,
      environment: {},
      requestId: 'request-0',
      context: { function: { name: 'f', handler, memory: 256, timeout: 3 }, region: 'local', accountId: 'a' },
      ...change,
    })
    expect(answer).toMatchObject({ type: frameType.initialized })
    return host
  }

  async function call(handler: string, event: string): Promise<string> {
    await using host = await start(handler)
    const answer = await host.invoke(event)
    expect(answer).toMatchObject({ type: frameType.result })
    return Buffer.from(answer.payload).toString()
  }

  test('a stream handler without a method is called by its interface', async () => {
    expect(await call('Handlers$Upper', 'grüße')).toBe('GRÜSSE')
    expect(await call('Handlers$Upper::handleRequest', 'a')).toBe('A')
  })

  test('a POJO handler gets its event as an object of its class, and its result becomes JSON', async () => {
    const event = {
      id: 7,
      tags: ['a', 'b'],
      prices: { net: 1.5 },
      kind: 'SMALL',
      next: { id: 8 },
      unknown: [1],
    }
    expect(JSON.parse(await call('Handlers$Orders', JSON.stringify(event)))).toEqual({
      count: 2,
      ids: [7, 8],
      kind: 'SMALL',
      net: 1.5,
      first: true,
    })
  })

  test('an event that does not fit the class is refused with the place', async () => {
    await using host = await start('Handlers$Orders')
    const answer = await host.invoke('{"next":{"id":"seven"}}')
    expect(answer).toMatchObject({
      type: frameType.error,
      header: { errorMessage: 'the event does not fit: event.next.id is String, not int' },
    })
    expect(await host.invoke('{')).toMatchObject({
      header: { errorMessage: expect.stringContaining('not JSON') },
    })
  })

  test('records are read and written', async () => {
    expect(await call('Handlers$Points', '{"x":1,"y":2}')).toBe('{"x":2,"y":1}')
  })

  test('initializer, handler and hooks share one object, and preStop runs after the last invocation', async () => {
    await using host = await start('Handlers$Life::handleRequest', {
      initializer: 'Handlers$Life::initialize',
      preStop: 'Handlers$Life::preStop',
      preFreeze: 'Handlers$Life::preFreeze',
    })
    host.send(frameType.freeze, 0)
    await host.next(0, frameType.frozen)
    expect(Buffer.from((await host.invoke('')).payload).toString()).toBe('initialize preFreeze')
    host.send(frameType.drain, 0)
    expect(await host.exited).toBe(0)
    await host.outputWith('stopping after initialize preFreeze')
  })

  test('the logger writes lines with the request and the level, from the level that was set', async () => {
    await using host = await start('Handlers$Logs::handleRequest')
    await host.invoke('')
    await host.outputWith('request-1 [WARN] shown')
    expect(host.output).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} request-1 \[INFO\] first/)
    expect(host.output).not.toContain('hidden')
  })
})

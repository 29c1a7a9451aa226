import { describe, expect, test } from 'vitest'
import type { InstalledRuntime } from '../runtime.ts'
import { encodeFrame, frameType, runtimeProtocolVersion } from '../runtime-protocol.ts'
import { codeCases } from './runtime-code.ts'
import { failureCases } from './runtime-failures.ts'
import {
  type RuntimeBench,
  type RuntimeCase,
  type RuntimeFixtures,
  type RuntimeGroup,
  text,
} from './runtime-fixture.ts'
import { hookCases, layerCases } from './runtime-hooks.ts'
import { RuntimeHost } from './runtime-host.ts'
import { httpCases, partCases, qualifierCases } from './runtime-parts.ts'
import { lifeCases } from './runtime-life.ts'
import { outputCases } from './runtime-output.ts'

export type { RuntimeFixtureName, RuntimeFixtures, RuntimeGroup } from './runtime-fixture.ts'

/** Declares the conformance suite of the runtime contract, with real processes. `factory` picks the version under test. */
export function runtimeSuite(
  name: string,
  factory: () => Promise<InstalledRuntime>,
  fixtures: RuntimeFixtures,
): void {
  const header: RuntimeBench['header'] = (handler, change = {}) => ({
    codePath: fixtures.codePath,
    handler,
    environment: { GREETING: 'hello' },
    requestId: 'request-0',
    context: { function: { name: 'f', memory: 256, timeout: 3 }, region: 'local', accountId: 'a' },
    ...change,
  })
  const boot = async (): Promise<RuntimeHost> => RuntimeHost.start(await factory())
  const start: RuntimeBench['start'] = async (fixture, change) => {
    const host = await boot()
    const answer = await host.initialize(header(fixtures.handler(fixture), change))
    expect(answer).toMatchObject({ type: frameType.initialized })
    return host
  }
  const skips = new Map(Object.entries(fixtures.skips ?? {}))
  const declare = (clause: string, reason: string | undefined, run: Parameters<RuntimeCase>[1]): void => {
    const title = reason === undefined ? clause : `${clause} (skipped: ${reason})`
    test.skipIf(reason !== undefined)(title, () => run({ fixtures, boot, start, header }))
  }
  const check: RuntimeCase = (clause, run) => {
    const reason = skips.get(clause)
    skips.delete(clause)
    declare(clause, reason, run)
  }
  const checkOf = (group: RuntimeGroup): RuntimeCase => {
    if (fixtures.groups?.includes(group)) return check
    return (clause, run) => declare(clause, `${name} has no ${group}`, run)
  }
  describe(`runtime contract: ${name}`, () => {
    describe('code', () => codeCases(check))
    describe('failures', () => failureCases(check))
    describe('output', () => outputCases(check))
    describe('life', () => lifeCases(check))
    describe('protocol', () => protocolCases(check))
    describe('answers in parts', () => partCases(checkOf('streaming')))
    describe('HTTP requests', () => httpCases(checkOf('http')))
    describe('hooks', () => hookCases(checkOf('hooks')))
    describe('layers', () => layerCases(checkOf('layers')))
    describe('qualifier', () => qualifierCases(checkOf('qualifier')))
    test('every skip names a clause', () => expect([...skips.keys()]).toEqual([]))
  })
}

function protocolCases(check: RuntimeCase): void {
  check('the first frame says the version of the protocol, and the language', async bench => {
    await using host = await bench.boot()
    expect(host.hello).toMatchObject({
      type: frameType.hello,
      channel: 0,
      header: { protocol: runtimeProtocolVersion, language: expect.any(String), version: expect.any(String) },
    })
  })

  check('a ping is answered with its payload, before and after the code is loaded', async bench => {
    await using host = await bench.boot()
    host.send(frameType.ping, 7, undefined, Buffer.from('one'))
    expect(text(await host.next(7, frameType.pong))).toBe('one')
    await host.initialize(bench.header(bench.fixtures.handler('echo')))
    host.send(frameType.ping, 8)
    expect(text(await host.next(8, frameType.pong))).toBe('')
  })

  check('frames may come in pieces of one byte', async bench => {
    await using host = await bench.start('echo')
    const header = { requestId: 'r', deadlineMs: Number.MAX_SAFE_INTEGER }
    const frame = Buffer.concat(encodeFrame(frameType.invoke, 9, header, Buffer.from('piecewise')))
    for (const byte of frame) host.sendRaw(Buffer.of(byte))
    expect(text(await host.answer(9))).toBe('piecewise')
  })

  check('a process whose server is gone ends, whatever it does', async bench => {
    const host = await bench.start('wait')
    host.begin('')
    host.disconnect()
    expect(await host.exited).not.toBe(0)
    await host[Symbol.asyncDispose]()
  })

  check('a frame that is too long ends the process', async bench => {
    await using host = await bench.start('echo')
    host.sendRaw(Buffer.from('ffffffff00', 'hex'))
    expect(await host.exited).not.toBe(0)
  })
}

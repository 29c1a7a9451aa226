import { frameType } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { startedServer } from './custom-host.ts'

describe('hooks', () => {
  test('pre-stop is asked after the last invocation, and its failure keeps nothing', async () => {
    await using started = await startedServer(
      `console.log(request.method, request.url, request.headers['x-fc-request-id'])
      response.statusCode = request.url === '/pre-stop' ? 500 : 200
      response.end()`,
      { preStop: 'stop' },
    )
    await started.host.invoke('')
    started.host.send(frameType.drain, 0)
    expect(await started.host.exited).toBe(0)
    await started.host.outputWith('/pre-stop')
    expect(started.host.output).toMatch(/POST \/invoke request-1[^]*GET \/pre-stop [0-9a-f-]{36}/)
  })

  test('pre-freeze is asked at each freeze, before the answer', async () => {
    await using started = await startedServer(
      `if (request.url === '/pre-freeze') state.count = (state.count ?? 0) + 1; response.end(String(state.count))`,
      { preFreeze: 'freeze' },
    )
    for (let count = 1; count <= 2; count++) {
      started.host.send(frameType.freeze, 0)
      const frozen = await started.host.next(0, frameType.frozen)
      expect(frozen.header['durationMs']).toBeGreaterThan(0)
      expect(frozen.header['error']).toBeUndefined()
      expect(String((await started.host.invoke('')).payload)).toBe(String(count))
    }
  })

  test('a pre-freeze that fails is told, and freezes all the same', async () => {
    await using started = await startedServer('response.statusCode = 500; response.end()', {
      preFreeze: 'freeze',
    })
    started.host.send(frameType.freeze, 0)
    const frozen = await started.host.next(0, frameType.frozen)
    expect(frozen.header['error']).toContain('500')
  })

  test('without hooks nothing is asked', async () => {
    await using started = await startedServer(
      `if (request.url !== '/invoke') state.odd = request.url; response.end(String(state.odd))`,
    )
    started.host.send(frameType.freeze, 0)
    await started.host.next(0, frameType.frozen)
    expect(String((await started.host.invoke('')).payload)).toBe('undefined')
  })

  test('a program that is ended is asked to by a signal first', async () => {
    await using started = await startedServer(`
      if (!state.listens) process.on('SIGTERM', () => { console.log('good bye'); process.exit(0) })
      state.listens = true
      response.end()`)
    await started.host.invoke('')
    started.host.send(frameType.drain, 0)
    expect(await started.host.exited).toBe(0)
    await started.host.outputWith('good bye')
  })
})

describe('health', () => {
  test('an instance that is not well says so, refuses, and says when it is well again', async () => {
    await using started = await startedServer(
      `if (request.url === '/health') response.statusCode = state.ill ? 500 : 200
      else if (request.url === '/invoke') state.ill = body === 'ill'
      if (request.url === '/health' && state.ill && ++state.asked > 4) state.ill = false
      if (!state.ill) state.asked = 0
      response.end()`,
      {
        server: {
          command: [],
          port: 9_000,
          healthCheck: { path: '/health', periodMs: 5, failuresMax: 2 },
        },
      },
    )
    await started.host.invoke('ill')
    const unwell = await started.host.next(0, frameType.health)
    expect(unwell.header).toMatchObject({ well: false, reason: expect.stringContaining('/health') })
    const well = await started.host.next(0, frameType.health)
    expect(well.header).toEqual({ well: true })
    expect(await started.host.invoke('fine')).toMatchObject({ type: frameType.result })
  })

  test('an invocation that comes to an unwell instance fails as one that was not started', async () => {
    await using started = await startedServer(
      `if (request.url === '/health') response.statusCode = state.ill ? 500 : 200
      else state.ill = true
      response.end()`,
      {
        server: {
          command: [],
          port: 9_000,
          healthCheck: { path: '/health', periodMs: 5, failuresMax: 1 },
        },
      },
    )
    await started.host.invoke('')
    await started.host.next(0, frameType.health)
    expect(await started.host.invoke('')).toMatchObject({ header: { errorType: 'FunctionNotStarted' } })
  })
})

describe('log', () => {
  test('output while several invocations run has no owner', async () => {
    await using started = await startedServer(`
      if (body === 'wait') { state.waiting = response; return }
      console.log('both run')
      setImmediate(() => { response.end(); state.waiting.end() })`)
    const waiting = started.host.begin('wait')
    await started.host.invoke('go')
    await started.host.answer(waiting)
    await started.host.outputWith('both run')
    expect(started.host.output).toContain('\u001e o\u001fboth run')
  })
})

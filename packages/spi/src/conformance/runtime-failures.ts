import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { frameType } from '../runtime-protocol.ts'
import { type RuntimeCase, text } from './runtime-fixture.ts'

export function failureCases(check: RuntimeCase): void {
  check('an error of the code is told by type, message and stack, and the instance goes on', async bench => {
    await using host = await bench.start('fail')
    const answer = await host.invoke('')
    expect(answer).toMatchObject({
      type: frameType.error,
      header: { kind: 'unhandled', errorType: 'BoomError', errorMessage: 'boom' },
    })
    expect(JSON.stringify(answer.header['stackTrace'])).toContain(
      bench.fixtures.stackPlace ?? bench.fixtures.codePath,
    )
    expect(await host.invoke('')).toMatchObject({ type: frameType.error })
  })

  check('a thrown value that is no error is told as text', async bench => {
    await using host = await bench.start('failValue')
    expect(await host.invoke('')).toMatchObject({
      header: { kind: 'unhandled', errorType: 'string', errorMessage: 'not an error' },
    })
  })

  check('a failure by callback is a handled one', async bench => {
    if (bench.fixtures.handled === undefined) return
    await using host = await bench.boot()
    await host.initialize(bench.header(bench.fixtures.handled))
    expect(await host.invoke('')).toMatchObject({
      type: frameType.error,
      header: { kind: 'handled', errorMessage: 'refused' },
    })
  })

  check('a module that is not there fails the initialization, and the process ends', async bench => {
    await using host = await bench.boot()
    const answer = await host.initialize(bench.header(bench.fixtures.missingModule))
    expect(answer).toMatchObject({
      type: frameType.error,
      header: { kind: 'unhandled', errorType: 'ImportModuleError' },
    })
    expect(await host.exited).toBe(1)
  })

  check('a handler that the module does not have is named', async bench => {
    await using host = await bench.boot()
    const answer = await host.initialize(bench.header(bench.fixtures.missingExport))
    expect(answer).toMatchObject({ type: frameType.error, header: { errorType: 'HandlerNotFound' } })
    const name = bench.fixtures.missingExport.split('.').at(-1)
    expect(answer.header['errorMessage']).toContain(name)
  })

  check('code that does not parse is told with the error of the language', async bench => {
    await using host = await bench.boot()
    await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-broken-'))
    const { file, text, handler, errorType = 'SyntaxError' } = bench.fixtures.broken
    await writeFile(join(folder.path, file), text)
    const answer = await host.initialize(bench.header(handler, { codePath: folder.path }))
    expect(answer).toMatchObject({
      type: frameType.error,
      header: { kind: 'unhandled', errorType },
    })
  })

  check('a failing initializer is told as such, and the process ends', async bench => {
    await using host = await bench.boot()
    const initializer = bench.fixtures.handler('initializeFail')
    const answer = await host.initialize(bench.header(bench.fixtures.handler('echo'), { initializer }))
    expect(answer).toMatchObject({
      type: frameType.error,
      channel: 0,
      header: { kind: 'initialization', errorMessage: 'no start' },
    })
    expect(await host.exited).toBe(1)
  })

  check('an error that nobody catches fails what runs, and the process ends', async bench => {
    await using host = await bench.start('crash')
    expect(await host.invoke('')).toMatchObject({
      type: frameType.error,
      header: { kind: 'unhandled', errorMessage: 'late' },
    })
    expect(await host.exited).toBe(1)
  })

  check('an error that nobody catches fails all that runs, not only its own invocation', async bench => {
    await using host = await bench.start('gate')
    const waiting = host.begin('waiting')
    host.begin('crash')
    expect(await host.answer(waiting)).toMatchObject({ type: frameType.error, header: { kind: 'unhandled' } })
  })

  check('after an error between invocations the process says how far it came, and ends', async bench => {
    await using host = await bench.start('crashLater')
    const channel = host.begin('')
    expect(await host.answer(channel)).toMatchObject({ type: frameType.result })
    await host.next(channel, frameType.leaving)
    expect(await host.exited).toBe(1)
    await host.outputWith('late')
  })

  check('code that ends the process leaves no answer, only the exit code', async bench => {
    await using host = await bench.start('exit')
    host.begin('')
    expect(await host.exited).toBe(3)
  })

  check('a failed invocation leaves its neighbours alone', async bench => {
    await using host = await bench.start('gate')
    const waiting = host.begin('waiting')
    expect(await host.invoke('fail')).toMatchObject({ type: frameType.error })
    await host.invoke('open')
    expect(text(await host.answer(waiting))).toBe('waiting')
  })
}

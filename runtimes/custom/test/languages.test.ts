import { execFile } from 'node:child_process'
import { cp, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { type Frame, frameType } from '@millrace/spi'
import { expect, test } from 'vitest'
import { codeFolder } from './code-folder.ts'
import { partsOf, request, startFolder } from './custom-host.ts'

const run = promisify(execFile)

function find(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map(folder => join(folder, program)).find(path => existsSync(path))
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
}

const text = ({ payload }: Frame): string => Buffer.from(payload).toString()

const go = find('go')
test.skipIf(go === undefined)(
  `a server in Go answers events and requests${go === undefined ? ' (needs go: the code is built)' : ''}`,
  async () => {
    await using folder = await codeFolder({})
    const main = join(folder.path, 'bootstrap')
    await run(go ?? '', ['build', '-o', main, fixture('main.go')], { cwd: tmpdir() })
    await using started = await startFolder(folder.path)
    expect(started.answer, started.host.output).toMatchObject({ type: frameType.initialized })
    expect(text(await started.host.invoke('hello'))).toBe('hello for request-1')
    await started.host.outputWith('event of 5 bytes')
    const channel = started.host.begin('', { http: request('GET', '/count') })
    expect((await partsOf(started.host, channel)).body).toBe('1\n2\n3\n')
    const waiting = started.host.begin('wait')
    started.host.send(frameType.cancel, waiting)
    expect(text(await started.host.answer(waiting))).toBe('stopped')
  },
  300_000,
)

const java = find('java')
test.skipIf(java === undefined)(
  `a server in Java answers events${java === undefined ? ' (needs java: the code is run from its source)' : ''}`,
  async () => {
    await using folder = await codeFolder({})
    await cp(fixture('Server.java'), join(folder.path, 'Server.java'))
    const server = { command: [java ?? '', 'Server.java'], port: 9_000 }
    await using started = await startFolder(folder.path, { server })
    expect(started.answer, started.host.output).toMatchObject({ type: frameType.initialized })
    expect(text(await started.host.invoke('hello'))).toBe('olleh')
    await started.host.outputWith('event of 5 bytes')
  },
  300_000,
)

const perl = find('perl')
test.skipIf(perl === undefined)(
  `shell scripts answer events${perl === undefined ? ' (needs perl: it listens for the scripts)' : ''}`,
  async () => {
    await using folder = await codeFolder({})
    const code = new URL('../../../examples/fn-custom/functions/wordcount', import.meta.url)
    await mkdir(join(folder.path, 'code'))
    await cp(code, join(folder.path, 'code'), { recursive: true })
    await using started = await startFolder(join(folder.path, 'code'))
    expect(started.answer, started.host.output).toMatchObject({ type: frameType.initialized })
    expect(text(await started.host.invoke('one two  three'))).toBe('{"words":3}')
    await started.host.outputWith('counted 3 words')
    expect(await started.host.invoke(' ')).toMatchObject({
      type: frameType.error,
      header: { errorType: 'InvocationError', errorMessage: 'there are no words\n' },
    })
  },
)

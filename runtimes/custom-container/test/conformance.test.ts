import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { assert } from '@millrace/spi'
import { runtimeSuite } from '@millrace/spi/conformance'
import { afterAll } from 'vitest'
import { runtime } from '../src/index.ts'
import { RecordedEngine } from './recorded-engine.ts'

const server = fileURLToPath(new URL('../../custom/test/fixtures/server.mjs', import.meta.url))
const engine = await RecordedEngine.start({ fixtures: [process.execPath, server] })
afterAll(() => engine[Symbol.asyncDispose]())
const host = { searchPath: '', containerSocketPath: engine.socketPath }
const [found] = await runtime.detect(host, new AbortController().signal)
assert(found !== undefined, 'the engine answers')
const withImage = { ...found, launch: () => found.launch({ memoryMiB: 256, image: 'fixtures' }) }

const unknown = 'the handler is a header for the code, which need not know it'
const slower = 'output comes by way of the engine, which may take longer than the answer'
const elsewhere = 'the code runs in a container, in folders and a process group of its own'

runtimeSuite('custom-container', () => Promise.resolve(withImage), {
  codePath: tmpdir(),
  stackPlace: server,
  handler: name => name,
  handled: undefined,
  missingModule: 'absent',
  missingExport: 'absent',
  broken: { file: 'absent', text: '', handler: 'absent' },
  groups: ['http', 'qualifier'],
  skips: {
    'a handler of HTTP requests that fails before its answer is an error':
      'what the code answers is passed on, whatever its status',
    'a module that is not there fails the initialization, and the process ends': unknown,
    'a handler that the module does not have is named': unknown,
    'code that does not parse is told with the error of the language': unknown,
    'output of invocations that run at once carries the mark of its own':
      'the output of a program has no owner while several invocations run',
    'output is marked with its request and its stream': slower,
    'output without a line feed is ended with one when its invocation ends': slower,
    'a flood of output passes whole and does not keep the answer': slower,
    'the environment of the code is the given one and nothing else': 'an image brings variables of its own',
    'the code runs in its own folder': elsewhere,
    'what the code starts is in its process group, and ends with it': elsewhere,
  },
})

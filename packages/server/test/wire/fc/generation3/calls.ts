import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { codeOf, model, zipOf } from '../fixture.ts'
import { plain, type Stage } from './stage.ts'

export function callsTests(stage: Stage): void {
  describe('calls', () => {
    test('hand over bytes and give back bytes, with what the call was', async () => {
      const answer = await stage.invoke('hello', '\u0000\u00e4')

      expect(answer).toMatchObject({ statusCode: 200, text: '\u0000\u00e4' })
      expect(answer.headers).toMatchObject({
        'x-fc-invocation-function-version': 'LATEST',
        'x-fc-instance-id': expect.stringMatching(/^c-/),
        'x-fc-code-checksum': expect.stringMatching(/^\d+$/),
        'x-fc-invocation-duration': expect.stringMatching(/^\d+\.\d\d$/),
        'x-fc-max-memory-usage': expect.stringMatching(/^\d+\.\d\d$/),
      })
      expect(answer.headers['x-fc-error-type']).toBeUndefined()
    })

    test('that fail are answered with 200, the type of the error and its parts', async () => {
      const answer = await stage.invoke('hello', 'throw')

      expect(answer.statusCode).toBe(200)
      expect(answer.headers['x-fc-error-type']).toBe('UnhandledInvocationError')
      expect(JSON.parse(answer.text)).toMatchObject({ errorType: 'TypeError', errorMessage: 'on purpose' })
    })

    test('bring the end of their log when it is asked for', async () => {
      const answer = await stage.invoke('hello', 'logged', { 'x-fc-log-type': 'Tail' })

      const log = Buffer.from(answer.headers['x-fc-log-result'] ?? '', 'base64').toString()
      expect(log).toContain('seen logged')
      expect(log).toMatch(/Duration: .* ms, Billed Duration: .* ms, Memory Size: 512 MB/)
    })

    test('of what is not there name what is missing', async () => {
      expect(await codeOf(stage.invoke('nobody', ''))).toBe('FunctionNotFound')
      expect(await codeOf(stage.invoke('hello', '', {}, '77'))).toBe('VersionNotFound')
      expect(await codeOf(stage.invoke('hello', '', {}, 'nowhere'))).toBe('AliasNotFound')
    })

    test('stop when the function is disabled, and go on when it is enabled', async () => {
      const body = model('DisableFunctionInvocationRequest', { reason: 'maintenance' })
      expect((await stage.client.disableFunctionInvocation('hello', body)).body?.success).toBe(true)
      const read = await stage.client.getFunction('hello', model('GetFunctionRequest', {}))
      expect(plain(read.body)).toMatchObject({
        invocationRestriction: { disable: true, reason: 'maintenance' },
      })
      await expect(stage.invoke('hello', 'x')).rejects.toMatchObject({
        code: 'AccessDenied',
        statusCode: 403,
        message: expect.stringContaining('maintenance'),
      })

      expect((await stage.client.enableFunctionInvocation('hello')).body?.success).toBe(true)
      expect((await stage.invoke('hello', 'x')).text).toBe('x')
    })

    test('leave instances behind that can be listed', async () => {
      const { body } = await stage.client.listInstances(
        'hello',
        model('ListInstancesRequest', { qualifier: 'LATEST' }),
      )

      expect(plain(body)).toMatchObject({
        instances: [{ instanceId: expect.stringMatching(/^c-/), versionId: '0', status: 'Running' }],
        requestId: expect.stringMatching(/^1-/),
      })
      const other = model('ListInstancesRequest', { instanceIds: ['c-0'] })
      expect((await stage.client.listInstances('hello', other)).body?.instances).toEqual([])
    })

    test('pass on what a handler gives in parts as it comes', async () => {
      const code = `let release
        async function* parts() {
          yield 'first '
          await new Promise(resolve => { release = resolve })
          yield 'last'
        }
        exports.handler = async event => event.toString() === 'go' ? String(release()) : parts()`
      const zipFile = await zipOf({ 'index.js': code })
      await stage.create('parts', { code: { zipFile }, timeout: 30, instanceConcurrency: 2 })

      const request = model('InvokeFunctionRequest', { body: Readable.from([Buffer.from('begin')]) })
      const { body, headers } = await stage.client.invokeFunction('parts', request)
      expect(headers?.['x-fc-request-id']).toMatch(/^1-/)
      const parts = (body as Readable)[Symbol.asyncIterator]() as AsyncIterator<Buffer>
      // The second part is made only when the first has arrived here.
      expect(String((await parts.next()).value)).toBe('first ')
      expect((await stage.invoke('parts', 'go')).text).toBe('undefined')
      expect(String((await parts.next()).value)).toBe('last')
      await stage.client.deleteFunction('parts')
    })

    test('of a program of their own reach its server, and say so when it does not start', async () => {
      const program = `require('node:http').createServer((request, response) => {
          response.setHeader('content-type', 'text/x-own')
          request.on('data', data => response.write(request.method + request.url + data)).on('end', () => response.end())
        }).listen(process.env.FC_CUSTOM_LISTEN_PORT)`
      const customRuntimeConfig = { command: [process.execPath], args: ['server.js'], port: 9_000 }
      const code = { zipFile: await zipOf({ 'server.js': program }) }
      const made = await stage.create('own', {
        runtime: 'custom',
        code,
        instanceConcurrency: 2,
        customRuntimeConfig,
      })
      expect(plain(made.body)).toMatchObject({ instanceConcurrency: 2, customRuntimeConfig })
      const answer = await stage.invoke('own', '!')
      expect(answer.text).toBe('POST/invoke!')

      const command = [process.execPath, '-e', 'process.exit(2)']
      const healthCheckConfig = { httpGetUrl: '/well', failureThreshold: 5 }
      const body = model('UpdateFunctionInput', { customRuntimeConfig: { command, healthCheckConfig } })
      const changed = await stage.client.updateFunction('own', model('UpdateFunctionRequest', { body }))
      expect(plain(changed.body)).toMatchObject({
        customRuntimeConfig: {
          healthCheckConfig: { httpGetUrl: '/well', periodSeconds: 3, failureThreshold: 5 },
        },
      })
      await expect(stage.invoke('own', 'x')).rejects.toMatchObject({
        statusCode: 412,
        code: expect.stringMatching(/^(?:FunctionNotStarted|CAExited)$/),
      })
      await stage.client.deleteFunction('own')
    })
  })
}

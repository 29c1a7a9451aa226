import { describe, expect, test } from 'vitest'
import { account, codeOf, model, runtime } from '../fixture.ts'
import { arn, plain, refusedCode, type Stage } from './stage.ts'

export function functionsTests(stage: Stage): void {
  describe('functions', () => {
    test('are created with their code, and told again with everything that was written', async () => {
      const settings = {
        description: 'd',
        cpu: 0.35,
        memorySize: 512,
        diskSize: 512,
        timeout: 60,
        instanceConcurrency: 1,
        environmentVariables: { MARK: '!' },
        internetAccess: true,
        role: `acs:ram::${account}:role/r`,
        idleTimeout: 600,
        instanceLifecycleConfig: { preStop: { handler: 'index.stop', timeout: 5 } },
        logConfig: { project: 'p', logstore: 'l', enableRequestMetrics: true, logBeginRule: 'None' },
        vpcConfig: { vpcId: 'vpc-1', vSwitchIds: ['v'], securityGroupId: 'sg' },
        nasConfig: {
          userId: 1,
          groupId: 2,
          mountPoints: [{ serverAddr: 'a:/b', mountDir: '/mnt/a', enableTLS: false }],
        },
        sessionAffinityConfig: '{"a":1}',
        instanceIsolationMode: 'SHARE',
        disableInjectCredentials: 'None',
      }
      const made = await stage.create('hello', settings)

      expect(made.statusCode).toBe(200)
      expect(made.headers?.['x-fc-request-id']).toMatch(/^1-[\da-f]{8}-[\da-f]{8}-[\da-f]{12}$/)
      const expected = {
        ...settings,
        functionName: 'hello',
        functionArn: arn('functions/hello'),
        runtime,
        handler: 'index.handler',
        codeSize: Buffer.from(stage.echo, 'base64').length,
        state: 'Active',
        lastUpdateStatus: 'Successful',
      }
      expect(plain(made.body)).toMatchObject(expected)
      const read = await stage.client.getFunction('hello', model('GetFunctionRequest', {}))
      expect(plain(read.body)).toEqual(plain(made.body))
      expect(await codeOf(stage.create('hello'))).toBe('FunctionAlreadyExists')
    })

    test('are changed member by member; what is left out stays', async () => {
      const body = model('UpdateFunctionInput', {
        description: 'changed',
        environmentVariables: { MARK: '?' },
      })
      const changed = await stage.client.updateFunction('hello', model('UpdateFunctionRequest', { body }))

      expect(plain(changed.body)).toMatchObject({
        description: 'changed',
        environmentVariables: { MARK: '?' },
        timeout: 60,
        vpcConfig: { vpcId: 'vpc-1' },
        instanceLifecycleConfig: { preStop: { handler: 'index.stop', timeout: 5 } },
      })
      expect((await stage.invoke('hello', 'version')).text).toBe('hello?')
    })

    test('give out their code by a link that works for whoever has it, and by no other', async () => {
      const { body } = await stage.client.getFunctionCode('hello', model('GetFunctionCodeRequest', {}))
      const url = body?.url ?? ''

      const zip = await fetch(url)
      expect(Buffer.from(await zip.arrayBuffer()).toString('base64')).toBe(stage.echo)
      expect((await fetch(url.replace(/expires=\d/, 'expires=9'))).status).toBe(403)
      expect((await fetch(url.replace(/\?.*/, ''))).status).toBe(403)
      const checked = { code: { zipFile: stage.echo, checksum: body?.checksum } }
      expect((await stage.create('checked', checked)).statusCode).toBe(200)
      expect(await codeOf(stage.create('wrong', { code: { zipFile: stage.echo, checksum: '1' } }))).toBe(
        'InvalidArgument',
      )
      const bucket = { code: { ossBucketName: 'bucket', ossObjectName: 'object' } }
      expect(await codeOf(stage.create('wrong', bucket))).toBe(refusedCode)
    })

    test('are listed page by page, and chosen by prefix, runtime and tags', async () => {
      const tags = [model('Tag', { key: 'team', value: 'a' })]
      await stage.create('page-1', { tags })
      await stage.create('page-2')
      const list = (fields: object) => stage.client.listFunctions(model('ListFunctionsRequest', fields))
      const names = async (fields: object) =>
        (await list(fields)).body?.functions?.map(one => one.functionName)

      const first = (await list({ prefix: 'page-', limit: 1 })).body
      expect(first?.functions?.map(one => one.functionName)).toEqual(['page-1'])
      expect(await names({ prefix: 'page-', limit: 1, nextToken: first?.nextToken })).toEqual(['page-2'])
      expect(await names({ tags })).toEqual(['page-1'])
      expect(await names({ runtime: 'python3.10' })).toEqual([])
      expect(await names({ prefix: 'page-', fcVersion: 'v2' })).toEqual([])
      expect(await codeOf(list({ limit: 101 }))).toBe('InvalidArgument')
    })

    test('are deleted once they have no triggers', async () => {
      const config = JSON.stringify({ cronExpression: '@every 60m', enable: false, payload: '' })
      const body = model('CreateTriggerInput', {
        triggerName: 't',
        triggerType: 'timer',
        triggerConfig: config,
      })
      await stage.client.createTrigger('page-1', model('CreateTriggerRequest', { body }))
      expect(await codeOf(stage.client.deleteFunction('page-1'))).toBe('FunctionNotEmpty')
      await stage.client.deleteTrigger('page-1', 't')

      expect((await stage.client.deleteFunction('page-1')).statusCode).toBe(204)
      expect(await codeOf(stage.client.deleteFunction('page-1'))).toBe('FunctionNotFound')
    })
  })
}

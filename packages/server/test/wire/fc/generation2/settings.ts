import { describe, expect, test } from 'vitest'
import { account, codeOf } from '../fixture.ts'
import { refusedCode, type Stage } from './stage.ts'

export function settingsTests(stage: Stage): void {
  describe('capacity', () => {
    test('instances are provisioned for an alias', async () => {
      const resource = `${account}#shop#prod#pay`
      const put = await stage.call('putProvisionConfig', 'shop', 'pay', 'prod', { target: 1 })
      expect(put.data).toMatchObject({ resource, target: 1 })
      await expect
        .poll(async () => (await stage.call('getProvisionConfig', 'shop', 'pay', 'prod')).data, {
          timeout: 20_000,
        })
        .toMatchObject({ resource, current: 1 })
      const list = await stage.call('listProvisionConfigs', { serviceName: 'shop' })
      expect(list.data).toMatchObject({ provisionConfigs: [{ resource }] })
      await stage.call('putProvisionConfig', 'shop', 'pay', 'prod', { target: 0 })
    })

    test('instances are limited', async () => {
      const resource = `${account}#shop#LATEST#pay`
      const put = await stage.call('putOnDemandConfig', 'shop', 'pay', 'LATEST', { maximumInstanceCount: 0 })
      expect(put.data).toMatchObject({ resource, maximumInstanceCount: 0 })
      expect(await codeOf(stage.invoke('x'))).toBe('ResourceExhausted')
      expect((await stage.call('getOnDemandConfig', 'shop', 'pay', 'LATEST')).data).toMatchObject({
        maximumInstanceCount: 0,
      })
      expect((await stage.call('listOnDemandConfigs')).data).toMatchObject({ configs: [{ resource }] })
      await stage.call('deleteOnDemandConfig', 'shop', 'pay', 'LATEST')
      expect((await stage.invoke('x')).data).toBe('x')
      expect((await stage.call('listReservedCapacities')).data).toEqual({ reservedCapacities: [] })
    })
  })

  describe('asynchronous calls', () => {
    test('follow their setting, and leave a record', async () => {
      const config = { statefulInvocation: true, maxAsyncRetryAttempts: 1, maxAsyncEventAgeInSeconds: 60 }
      const put = await stage.call('putFunctionAsyncConfig', 'shop', 'pay', 'prod', config)
      expect(put.data).toMatchObject(config)
      expect((await stage.call('getFunctionAsyncConfig', 'shop', 'pay', 'prod')).data).toMatchObject(config)
      expect((await stage.call('listFunctionAsyncConfigs', 'shop', 'pay')).data).toMatchObject({
        configs: [{ qualifier: 'prod', ...config }],
      })
      const headers = { 'x-fc-invocation-type': 'Async', 'x-fc-stateful-async-invocation-id': 'job-1' }
      const accepted = await stage.invoke('later', 'prod', headers)
      expect(accepted.data).toBe('')
      expect(accepted.headers['x-fc-stateful-async-invocation-id']).toBe('job-1')

      const path = '/services/shop.prod/functions/pay/stateful-async-invocations'
      const raw = (action: string, method: string, end: string) =>
        stage.exercised.note(action, () => stage.call('request', method, path + end, null, null))
      const read = () => raw('getStatefulAsyncInvocation', 'GET', '/job-1')
      await expect
        .poll(async () => (await read()).data, { timeout: 20_000 })
        .toMatchObject({ status: 'Succeeded' })
      expect((await read()).data).toMatchObject({ invocationId: 'job-1', invocationPayload: 'later' })
      expect((await raw('listStatefulAsyncInvocations', 'GET', '')).data).toMatchObject({
        invocations: [{ invocationId: 'job-1' }],
      })
      const delayed = { ...headers, 'x-fc-stateful-async-invocation-id': 'job-2', 'x-fc-async-delay': '600' }
      await stage.invoke('never', 'prod', delayed)
      await raw('stopStatefulAsyncInvocation', 'PUT', '/job-2')
      await stage.call('deleteFunctionAsyncConfig', 'shop', 'pay', 'prod')
      expect(await codeOf(stage.call('getFunctionAsyncConfig', 'shop', 'pay', 'prod'))).toBe(
        'AsyncConfigNotExists',
      )
    })
  })

  describe('triggers', () => {
    const timer = { cronExpression: '@every 60m', enable: true, payload: 'p' }

    test('of time have an object for their configuration', async () => {
      const options = { triggerName: 't', triggerType: 'timer', triggerConfig: timer }
      expect((await stage.call('createTrigger', 'shop', 'pay', options)).data).toMatchObject({
        ...options,
        qualifier: 'LATEST',
      })
      const triggerConfig = { ...timer, enable: false }
      expect((await stage.call('updateTrigger', 'shop', 'pay', 't', { triggerConfig })).data).toMatchObject({
        triggerConfig,
      })
      expect((await stage.call('getTrigger', 'shop', 'pay', 't')).data).toMatchObject({ triggerConfig })
      expect((await stage.call('listTriggers', 'shop', 'pay')).data).toMatchObject({
        triggers: [{ triggerName: 't' }],
      })
      await stage.call('deleteTrigger', 'shop', 'pay', 't')
      expect(await codeOf(stage.call('getTrigger', 'shop', 'pay', 't'))).toBe('TriggerNotFound')
      const other = { triggerName: 'o', triggerType: 'oss', triggerConfig: {} }
      expect(await codeOf(stage.call('createTrigger', 'shop', 'pay', other))).toBe(refusedCode)
    })

    test('of HTTP make the handler take a request and a response, by the path of the interface', async () => {
      await stage.call('createFunction', 'shop', stage.definition('web', { handler: 'index.web' }))
      const config = { authType: 'function', methods: ['GET', 'POST'] }
      const options = { triggerName: 'h', triggerType: 'http', triggerConfig: config }
      const made = await stage.call('createTrigger', 'shop', 'web', options)
      expect(made.data['urlInternet']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/fn\//)

      const answer = await stage.call(
        'request',
        'GET',
        '/proxy/shop/web/a%20b',
        { q: '1', r: ['x', 'y'] },
        null,
      )
      expect(answer.headers['x-path']).toBe('/2016-08-15/proxy/shop/web/a%20b')
      expect(answer.data).toBe('GET {"q":"1","r":["x","y"]}')
      const unsigned = await fetch(`${stage.server.url}/2016-08-15/proxy/shop/web/`)
      expect(unsigned.status).toBe(400)
      expect(await unsigned.json()).toMatchObject({ ErrorCode: 'MissingRequiredHeader' })
      expect(await codeOf(stage.call('request', 'GET', '/proxy/shop.prod/web/', {}, null))).toBe(
        'TriggerNotFound',
      )
      expect(await codeOf(stage.call('invokeFunction', 'shop', 'web', 'x'))).toBe('InvalidArgument')
    })

    test('of HTTP for an alias answer by its name and by that of its version in the path', async () => {
      const config = { authType: 'anonymous', methods: ['GET'] }
      await stage.call('publishVersion', 'shop')
      await stage.call('updateAlias', 'shop', 'prod', '3', { additionalVersionWeight: {} })
      for (const qualifier of ['prod', '3']) {
        const options = {
          triggerName: `h-${qualifier}`,
          triggerType: 'http',
          triggerConfig: config,
          qualifier,
        }
        expect((await stage.call('createTrigger', 'shop', 'web', options)).data).toMatchObject({ qualifier })
        const answer = await fetch(`${stage.server.url}/2016-08-15/proxy/shop.${qualifier}/web/x`)
        expect([answer.status, await answer.text()]).toEqual([201, 'GET {}'])
        await stage.call('deleteTrigger', 'shop', 'web', `h-${qualifier}`)
      }
      await stage.call('deleteTrigger', 'shop', 'web', 'h')
      expect(await codeOf(stage.call('invokeFunction', 'shop', 'web', 'x'))).toBeUndefined()
    })
  })
}

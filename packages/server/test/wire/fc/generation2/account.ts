import { describe, expect, test } from 'vitest'
import { codeOf, runtime, zipOf } from '../fixture.ts'
import { refusedCode, type Stage } from './stage.ts'

export function accountTests(stage: Stage): void {
  describe('domains and layers', () => {
    test('a domain leads to a function of a service', async () => {
      const routes = [
        { path: '/*', serviceName: 'shop', functionName: 'pay', qualifier: 'prod', methods: ['GET'] },
      ]
      const made = await stage.call('createCustomDomain', 'api.example.com', {
        protocol: 'HTTP',
        routeConfig: { routes },
      })
      expect(made.data).toMatchObject({ domainName: 'api.example.com', routeConfig: { routes } })
      const changed = await stage.call('updateCustomDomain', 'api.example.com', { protocol: 'HTTP,HTTPS' })
      expect(changed.data).toMatchObject({ protocol: 'HTTP,HTTPS', routeConfig: { routes } })
      expect((await stage.call('getCustomDomain', 'api.example.com')).data).toEqual(changed.data)
      expect((await stage.call('listCustomDomains')).data).toMatchObject({
        customDomains: [{ domainName: 'api.example.com' }],
      })
      await stage.call('deleteCustomDomain', 'api.example.com')
      expect(await codeOf(stage.call('getCustomDomain', 'api.example.com'))).toBe('DomainNameNotFound')
    })

    test('layers have versions', async () => {
      const code = { zipFile: await zipOf({ 'nodejs/a.js': '1' }) }
      const made = await stage.call('publishLayerVersion', 'shared', { code, compatibleRuntime: [runtime] })
      expect(made.data).toMatchObject({ layerName: 'shared', version: 1 })
      expect((await stage.call('listLayers')).data).toMatchObject({ layers: [{ layerName: 'shared' }] })
      expect((await stage.call('listLayerVersions', 'shared')).data).toMatchObject({
        layers: [{ version: 1 }],
      })
      await stage.call('putLayerACL', 'shared', { public: true })
      expect((await stage.call('getLayerVersion', 'shared', 1)).data).toMatchObject({ acl: '1' })
      const arn = String(made.data['layerVersionArn'])
      expect((await stage.call('getLayerVersionByArn', arn)).data).toMatchObject({ version: 1 })
      const layered = await stage.call('updateFunction', 'shop', 'pay', { layers: [arn] })
      expect(layered.data).toMatchObject({ layers: [arn] })
      await stage.call('updateFunction', 'shop', 'pay', { layers: [] })
      await stage.call('deleteLayerVersion', 'shared', 1)
      expect(await codeOf(stage.call('getLayerVersion', 'shared', 1))).toBe('LayerVersionNotFound')
    })
  })

  describe('the account', () => {
    test('has settings, and no buckets for code', async () => {
      expect((await stage.call('getAccountSettings')).data).toMatchObject({ availableAZs: ['cn-hangzhou-a'] })
      expect((await stage.call('getAccountConfigs', { config: ['CodeSizeLimit'] })).data).toMatchObject({
        CodeSizeLimit: expect.any(Number),
      })
      expect(await codeOf(stage.call('getTempCodeBucketPermission', 'shop', 'pay'))).toBe(refusedCode)
      expect(await codeOf(stage.call('getTempBucketToken'))).toBe(refusedCode)
    })

    test('has no shell in instances, and says so', async () => {
      const refused = await new Promise<Error>(resolve => {
        void stage.call('instanceExec', 'shop', 'pay', '', 'c-1', {}, { onError: resolve })
      })
      expect(refused.message).toBe('this server does not offer a shell in instances')
      const path = '/services/shop/functions/pay/instances/c-1/exec'
      const raw = stage.exercised.note('instanceExec', () => stage.call('get', path))
      expect(await codeOf(raw)).toBe(refusedCode)
    })
  })
}

import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { account, codeOf, type FcServer, model } from '../fixture.ts'
import { plain, type Stage } from './stage.ts'

export function domainsTests(stage: Stage): void {
  describe('custom domains', () => {
    test('lead to functions by path, with their settings given back', async () => {
      const routes = [
        {
          path: '/v1/*',
          functionName: 'hello',
          qualifier: 'LATEST',
          methods: ['POST'],
          rewriteConfig: { wildcardRules: [{ match: '/v1/*', replacement: '/$1' }] },
        },
      ]
      const fields = {
        domainName: 'api.example.com',
        protocol: 'HTTP',
        routeConfig: { routes },
        certConfig: { certName: 'c', certificate: 'CERT', privateKey: 'KEY' },
        tlsConfig: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', cipherSuites: ['TLS_X'] },
        authConfig: { authType: 'anonymous', authInfo: '' },
      }
      const body = model('CreateCustomDomainInput', fields)
      const made = await stage.client.createCustomDomain(model('CreateCustomDomainRequest', { body }))
      const { certConfig: _, ...shown } = fields
      expect(plain(made.body)).toMatchObject({ ...shown, accountId: account, apiVersion: '2023-03-30' })
      expect(plain(made.body)['certConfig']).toEqual({ certName: 'c', certificate: 'CERT' })
      expect(
        await codeOf(stage.client.createCustomDomain(model('CreateCustomDomainRequest', { body }))),
      ).toBe('DomainNameAlreadyExists')
      const answer = await requestTo(stage.server, 'api.example.com', '/v1/a/b')
      expect(JSON.parse(answer)).toMatchObject({ rawPath: '/a/b' })
    })

    test('are changed, read, listed and deleted', async () => {
      const update = model('UpdateCustomDomainInput', { protocol: 'HTTP,HTTPS' })
      const changed = await stage.client.updateCustomDomain(
        'api.example.com',
        model('UpdateCustomDomainRequest', { body: update }),
      )
      expect(changed.body).toMatchObject({
        protocol: 'HTTP,HTTPS',
        routeConfig: { routes: [{ path: '/v1/*' }] },
      })
      expect((await stage.client.getCustomDomain('api.example.com')).body?.protocol).toBe('HTTP,HTTPS')
      const list = await stage.client.listCustomDomains(model('ListCustomDomainsRequest', { prefix: 'api' }))
      expect(list.body?.customDomains?.map(one => one.domainName)).toEqual(['api.example.com'])
      expect((await stage.client.deleteCustomDomain('api.example.com')).statusCode).toBe(204)
      expect(await codeOf(stage.client.getCustomDomain('api.example.com'))).toBe('DomainNameNotFound')
    })
  })
}

/** A request whose host is another than the one it is sent to. */
async function requestTo({ endpoint }: FcServer, host: string, path: string): Promise<string> {
  const { request } = await import('node:http')
  const [hostname, port] = endpoint.split(':')
  return await new Promise((resolve, reject) => {
    request({ hostname, port, path, method: 'POST', headers: { host } }, answer => {
      text(answer).then(resolve, reject)
    })
      .on('error', reject)
      .end()
  })
}

import { describe, expect, test } from 'vitest'
import { codeOf, model } from '../fixture.ts'
import { arn, plain, refusedCode, type Stage } from './stage.ts'

export function triggersTests(stage: Stage): void {
  describe('triggers', () => {
    const write = (triggerName: string, triggerType: string, triggerConfig: object, more: object = {}) => {
      const fields = { triggerName, triggerType, triggerConfig: JSON.stringify(triggerConfig), ...more }
      const body = model('CreateTriggerInput', fields)
      return stage.client.createTrigger('hello', model('CreateTriggerRequest', { body }))
    }

    test('one of HTTP has an address that answers, and its configuration comes back to the letter', async () => {
      const config = { authType: 'anonymous', methods: ['GET', 'POST'], disableURLInternet: false }
      const made = await write('web', 'http', config, { qualifier: 'LATEST' })

      expect(plain(made.body)).toMatchObject({
        triggerName: 'web',
        triggerType: 'http',
        triggerConfig: JSON.stringify(config),
        qualifier: 'LATEST',
        targetArn: arn('functions/hello'),
      })
      const called = await fetch(`${made.body?.httpTrigger?.urlInternet}path?q=1`)
      expect(called.status).toBe(200)
      expect(await called.json()).toMatchObject({ rawPath: '/path', queryParameters: { q: '1' } })
      expect(await codeOf(write('second', 'http', config))).toBe('TriggerAlreadyExists')
    })

    test('one is changed, read and listed', async () => {
      const config = JSON.stringify({ authType: 'function', methods: ['GET'] })
      const body = model('UpdateTriggerInput', { triggerConfig: config })
      const changed = await stage.client.updateTrigger(
        'hello',
        'web',
        model('UpdateTriggerRequest', { body }),
      )
      expect(changed.body?.triggerConfig).toBe(config)
      const { body: read } = await stage.client.getTrigger('hello', 'web')
      expect(read?.triggerConfig).toBe(config)
      expect((await fetch(read?.httpTrigger?.urlInternet ?? '')).status).toBe(400)
      expect(
        plain((await stage.client.listTriggers('hello', model('ListTriggersRequest', {}))).body),
      ).toMatchObject({
        triggers: [{ triggerName: 'web' }],
      })
    })

    test('what another interface changes shows in the configuration', async () => {
      const path = `${stage.server.url}/api/v1/functions/hello/triggers/web`
      const headers = { authorization: 'Bearer testAK.testSK', 'content-type': 'application/json' }
      const spec = { kind: 'http', methods: ['PUT'], auth: { kind: 'none' } }
      await fetch(path, { method: 'PUT', headers, body: JSON.stringify(spec) })

      const { body } = await stage.client.getTrigger('hello', 'web')
      expect(JSON.parse(body?.triggerConfig ?? '')).toMatchObject({ authType: 'anonymous', methods: ['PUT'] })
    })

    test('kinds whose source is not here are refused, and so is a schedule that means no time', async () => {
      for (const kind of ['oss', 'log', 'mns_topic', 'cdn_events', 'tablestore', 'eventbridge']) {
        await expect(write(kind, kind, {})).rejects.toMatchObject({ code: refusedCode })
      }
      expect(await codeOf(write('x', 'unheard', {}))).toBe('InvalidArgument')
      expect(await codeOf(write('x', 'timer', { cronExpression: 'whenever' }))).toBe('InvalidArgument')
      expect(await codeOf(write('x', 'http', { authType: 'jwt', authConfig: '{"jwks":1}' }))).toBe(
        'InvalidArgument',
      )
      await expect(codeOf(stage.client.getTrigger('hello', 'x'))).resolves.toBe('TriggerNotFound')
    })

    test('bearer tokens and pages of other origins are let in as the configuration says', async () => {
      const tokens = [{ enable: true, tokenName: 't', tokenData: 'a'.repeat(32) }]
      const config = {
        authType: 'bearer',
        authConfig: JSON.stringify({ tokens }),
        methods: ['POST'],
        corsConfig: { allowOrigins: ['https://example.com'], allowMethods: ['POST'], maxAge: 60 },
      }
      await stage.client.deleteTrigger('hello', 'web')
      const { body } = await write('web', 'http', config)
      const url = body?.httpTrigger?.urlInternet ?? ''

      expect((await fetch(url, { method: 'POST' })).status).toBe(401)
      const headers = { authorization: `Bearer ${'a'.repeat(32)}`, origin: 'https://example.com' }
      const answer = await fetch(url, { method: 'POST', headers })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://example.com')
    })
  })
}

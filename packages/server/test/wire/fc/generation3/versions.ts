import { describe, expect, test } from 'vitest'
import { codeOf, model } from '../fixture.ts'
import { plain, type Stage } from './stage.ts'

export function versionsTests(stage: Stage): void {
  describe('versions and aliases', () => {
    const publish = (description: string) =>
      stage.client.publishFunctionVersion(
        'hello',
        model('PublishFunctionVersionRequest', { body: model('PublishVersionInput', { description }) }),
      )
    const mark = (MARK: string) => {
      const body = model('UpdateFunctionInput', { environmentVariables: { MARK } })
      return stage.client.updateFunction('hello', model('UpdateFunctionRequest', { body }))
    }

    test('a version keeps what was published; publishing the same again is refused', async () => {
      await mark('1')
      expect((await publish('first')).body).toMatchObject({ versionId: '1', description: 'first' })
      expect(await codeOf(publish('again'))).toBe('InvalidArgument')
      await mark('2')
      expect((await publish('second')).body?.versionId).toBe('2')
      await mark('latest')

      const answer = await stage.invoke('hello', 'version', {}, '1')
      expect(answer.text).toBe('hello1')
      expect(answer.headers['x-fc-invocation-function-version']).toBe('1')
      const old = await stage.client.getFunction('hello', model('GetFunctionRequest', { qualifier: '2' }))
      expect(old.body?.environmentVariables).toEqual({ MARK: '2' })
    })

    test('versions are listed in both directions', async () => {
      const list = async (fields: object) => {
        const { body } = await stage.client.listFunctionVersions(
          'hello',
          model('ListFunctionVersionsRequest', fields),
        )
        return {
          ids: body?.versions?.map(one => one.versionId),
          next: body?.nextToken,
          direction: body?.direction,
        }
      }
      expect(await list({})).toMatchObject({ ids: ['2', '1'], direction: 'BACKWARD' })
      const first = await list({ direction: 'FORWARD', limit: 1 })
      expect(first.ids).toEqual(['1'])
      const next = await list({ direction: 'FORWARD', limit: 1, nextToken: first.next })
      expect(next.ids).toEqual(['2'])
    })

    test('an alias points to a version and shares calls with another by weight', async () => {
      const body = model('CreateAliasInput', {
        aliasName: 'prod',
        versionId: '1',
        description: 'd',
        additionalVersionWeight: { 2: 1 },
      })
      const made = await stage.client.createAlias('hello', model('CreateAliasRequest', { body }))
      expect(plain(made.body)).toMatchObject({
        aliasName: 'prod',
        versionId: '1',
        additionalVersionWeight: { 2: 1 },
      })
      expect((await stage.invoke('hello', 'version', {}, 'prod')).text).toBe('hello2')
      expect(await codeOf(stage.client.createAlias('hello', model('CreateAliasRequest', { body })))).toBe(
        'AliasAlreadyExists',
      )

      const update = model('UpdateAliasInput', { additionalVersionWeight: {} })
      await stage.client.updateAlias('hello', 'prod', model('UpdateAliasRequest', { body: update }))
      expect((await stage.invoke('hello', 'version', {}, 'prod')).text).toBe('hello1')
      expect((await stage.client.getAlias('hello', 'prod')).body).toMatchObject({
        versionId: '1',
        description: 'd',
      })
      const list = await stage.client.listAliases('hello', model('ListAliasesRequest', { prefix: 'p' }))
      expect(list.body?.aliases?.map(one => one.aliasName)).toEqual(['prod'])
    })

    test('a deleted alias and a deleted version are found no more', async () => {
      expect((await stage.client.deleteAlias('hello', 'prod')).statusCode).toBe(204)
      expect(await codeOf(stage.client.getAlias('hello', 'prod'))).toBe('AliasNotFound')
      expect((await stage.client.deleteFunctionVersion('hello', '1')).statusCode).toBe(204)
      expect(await codeOf(stage.client.deleteFunctionVersion('hello', '1'))).toBe('VersionNotFound')
    })
  })
}

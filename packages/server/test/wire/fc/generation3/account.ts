import { describe, expect, test } from 'vitest'
import { codeOf, model } from '../fixture.ts'
import { arn, plain, refusedCode, type Stage } from './stage.ts'

export function accountTests(stage: Stage): void {
  describe('tags, groups and regions', () => {
    test('tags are added, listed and taken away', async () => {
      const resourceId = [arn('functions/done')]
      const tag = [model('Tag', { key: 'a', value: '1' }), model('Tag', { key: 'b', value: '2' })]
      const body = model('TagResourcesInput', { resourceId, resourceType: 'function', tag })
      await stage.client.tagResources(model('TagResourcesRequest', { body }))
      const list = async () => {
        const request = model('ListTagResourcesRequest', { resourceType: 'function', resourceId })
        const { body: page } = await stage.client.listTagResources(request)
        return page?.tagResources?.map(one => [one.resourceId, one.tagKey, one.tagValue])
      }
      expect(await list()).toEqual([
        [resourceId[0], 'a', '1'],
        [resourceId[0], 'b', '2'],
      ])
      await stage.client.untagResources(
        model('UntagResourcesRequest', { resourceType: 'function', resourceId, tagKey: ['a'] }),
      )
      expect(await list()).toEqual([[resourceId[0], 'b', '2']])
      await stage.client.untagResources(
        model('UntagResourcesRequest', { resourceType: 'function', resourceId, all: true }),
      )
      expect(await list()).toEqual([])
    })

    test('a resource group is kept, and lists are chosen by it', async () => {
      const move = async (newResourceGroupId: string) => {
        const fields = { resourceId: 'done', resourceType: 'function', newResourceGroupId }
        const body = model('ChangeResourceGroupInput', fields)
        return (await stage.client.changeResourceGroup(model('ChangeResourceGroupRequest', { body }))).body
      }
      expect(await move('rg-1')).toMatchObject({ oldResourceGroupId: '', newResourceGroupId: 'rg-1' })
      expect(await move('rg-2')).toMatchObject({ oldResourceGroupId: 'rg-1', newResourceGroupId: 'rg-2' })
      const list = await stage.client.listFunctions(
        model('ListFunctionsRequest', { resourceGroupId: 'rg-2' }),
      )
      expect(list.body?.functions?.map(one => one.functionName)).toEqual(['done'])
    })

    test('there is one region', async () => {
      const { body } = await stage.client.describeRegions(
        model('DescribeRegionsRequest', { acceptLanguage: 'en-US' }),
      )
      expect(plain(body)).toMatchObject({ Regions: { Region: [{ RegionId: 'cn-hangzhou' }] } })
    })
  })
  describe('what is not here', () => {
    test('sessions and bindings to networks are refused, and there are none', async () => {
      const session = model('CreateSessionRequest', { body: model('CreateSessionInput', {}) })
      const calls = [
        () => stage.client.createSession('hello', session),
        () => stage.client.getSession('hello', 's', model('GetSessionRequest', {})),
        () =>
          stage.client.updateSession(
            'hello',
            's',
            model('UpdateSessionRequest', { body: model('UpdateSessionInput', {}) }),
          ),
        () => stage.client.deleteSession('hello', 's', model('DeleteSessionRequest', {})),
        () => stage.client.listSessions('hello', model('ListSessionsRequest', {})),
        () => stage.client.pauseSession('hello', 's', model('PauseSessionRequest', {})),
        () => stage.client.resumeSession('hello', 's', model('ResumeSessionRequest', {})),
        () =>
          stage.client.createVpcBinding(
            'hello',
            model('CreateVpcBindingRequest', { body: model('CreateVpcBindingInput', { vpcId: 'v' }) }),
          ),
        () => stage.client.deleteVpcBinding('hello', 'v'),
      ]
      for (const call of calls) expect(await codeOf(call())).toBe(refusedCode)
      expect((await stage.client.listVpcBindings('hello')).body?.vpcIds).toEqual([])
    })
  })
}

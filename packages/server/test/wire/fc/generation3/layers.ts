import { describe, expect, test } from 'vitest'
import { codeOf, model, runtime, zipOf } from '../fixture.ts'
import { arn, plain, type Stage } from './stage.ts'

export function layersTests(stage: Stage): void {
  describe('layers', () => {
    test('have versions with code, and functions find their files', async () => {
      const zipFile = await zipOf({
        'nodejs/node_modules/shared/index.js': 'module.exports = () => "from the layer"',
      })
      const publish = () => {
        const fields = { code: { zipFile }, compatibleRuntime: [runtime], description: 'd', license: 'MIT' }
        const body = model('CreateLayerVersionInput', fields)
        return stage.client.createLayerVersion('shared', model('CreateLayerVersionRequest', { body }))
      }
      const first = await publish()
      const expected = {
        layerName: 'shared',
        version: 1,
        layerVersionArn: arn('layers/shared/versions/1'),
        compatibleRuntime: [runtime],
        description: 'd',
        license: 'MIT',
        acl: '0',
      }
      expect(plain(first.body)).toMatchObject(expected)
      expect((await fetch(first.body?.code?.location ?? '')).status).toBe(200)
      expect((await publish()).body?.version).toBe(2)
      expect(plain((await stage.client.getLayerVersion('shared', '1')).body)).toMatchObject(expected)
      expect((await stage.client.getLayerVersionByArn(arn('layers/shared/versions/2'))).body?.version).toBe(2)
      const versions = await stage.client.listLayerVersions(
        'shared',
        model('ListLayerVersionsRequest', { limit: 1 }),
      )
      expect(plain(versions.body)).toMatchObject({ layers: [{ version: 1 }], nextVersion: 2 })
      const layers = await stage.client.listLayers(model('ListLayersRequest', { prefix: 's' }))
      expect(layers.body?.layers?.map(one => [one.layerName, one.version])).toEqual([['shared', 2]])

      const code = {
        zipFile: await zipOf({ 'index.js': 'exports.handler = async () => require("shared")()' }),
      }
      const made = await stage.create('layered', { code, layers: [arn('layers/shared/versions/1')] })
      expect(made.body?.layers?.map(one => one.arn)).toEqual([arn('layers/shared/versions/1')])
      expect((await stage.invoke('layered', '')).text).toBe('from the layer')
      expect(
        await codeOf(
          stage.create('other', {
            runtime: 'python3',
            handler: 'a.b',
            layers: [arn('layers/shared/versions/1')],
          }),
        ),
      ).toBe('InvalidArgument')
    })

    test('who may use one is kept; a deleted version is found no more', async () => {
      const acl = await stage.client.putLayerACL('shared', model('PutLayerACLRequest', { acl: '1' }))
      expect(acl.statusCode).toBe(204)
      expect((await stage.client.getLayerVersion('shared', '1')).body?.acl).toBe('1')
      expect((await stage.client.deleteLayerVersion('shared', '2')).statusCode).toBe(204)
      expect(await codeOf(stage.client.getLayerVersion('shared', '2'))).toBe('LayerVersionNotFound')
      expect(
        await codeOf(stage.client.listLayerVersions('none', model('ListLayerVersionsRequest', {}))),
      ).toBe('LayerNotFound')
    })
  })
}

import { Type } from 'typebox'
import type { LayerView } from '../../../resources/index.ts'
import { layerArn, layerOfArn, ownerOf } from '../arn.ts'
import { answered, type Call, type Handler, jsonHandler, nothing, queryOf } from '../call.ts'
import { CodeInput, foreignOf, timeOf } from '../model/index.ts'
import { limitOf, pageOf, wholeNumber } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument, missing } from '../refusal.ts'
import { uploadedCode } from './code.ts'

const CreateLayer = Type.Object({
  code: Type.Optional(CodeInput),
  /** As the middle version of the interface writes it. */
  Code: Type.Optional(CodeInput),
  compatibleRuntime: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 50 })),
  description: Type.Optional(Type.String({ maxLength: 256 })),
  license: Type.Optional(Type.String({ maxLength: 256 })),
})

/** Layers and their versions (function-compute section 9.1); the same in all generations. */
export function layerHandlers(parts: FcParts) {
  const { services } = parts
  const { layers } = services.resources

  const show = (call: Call, layer: LayerView) => shownLayer(parts, call, layer)
  const find = ({ account, params }: Call): LayerView => {
    const version = /^\d{1,9}$/.test(params['version'] ?? '') ? Number(params['version']) : 0
    return layers.get(account, params['layer'] ?? '', version)
  }

  const create = jsonHandler(CreateLayer, async (call, input) => {
    const code = await uploadedCode(services, call, input.code ?? input.Code)
    if (code === undefined) throw invalidArgument('a layer needs code.zipFile')
    const { description = '', license = '', compatibleRuntime: runtimes = [] } = input
    const layer = { description, license, code, runtimes }
    return answered(await show(call, await layers.publish(call.account, call.params['layer'] ?? '', layer)))
  })

  const get: Handler = async call => answered(await show(call, find(call)))

  const getByArn: Handler = async call => {
    const [name = '', version = ''] = layerOfArn(call.params['arn'] ?? '').split(':')
    return answered(await show(call, layers.get(call.account, name, Number(version))))
  }

  const listVersions: Handler = async call => {
    const start = wholeNumber(call, 'startVersion', 0, 999_999_999) ?? 0
    const limit = limitOf(call)
    // In order of the numbers: the page after begins at `nextVersion`.
    const found = layers
      .versions(call.account, call.params['layer'] ?? '')
      .filter(({ version }) => version >= start)
      .sort((left, right) => left.version - right.version)
    const shown = await Promise.all(found.slice(0, limit).map(layer => show(call, layer)))
    const next = found[limit]?.version
    return answered({ layers: shown, ...(next === undefined ? {} : { nextVersion: next }) })
  }

  const list: Handler = async call => {
    const prefix = queryOf(call, 'prefix') ?? ''
    // There are no layers of the cloud's own, and none of other accounts.
    const isOwn = queryOf(call, 'official') !== 'true'
    const found = isOwn ? layers.list(call.account).filter(({ name }) => name.startsWith(prefix)) : []
    const { items, ...next } = pageOf(call, found, ({ name }) => name)
    return answered({ layers: await Promise.all(items.map(layer => show(call, layer))), ...next })
  }

  const remove: Handler = async call => {
    const { account, name, version } = find(call)
    await layers.delete(account, name, version)
    if (!layers.list(account).some(layer => layer.name === name))
      await accessOf(services).delete(account, name)
    return nothing
  }

  const putAcl: Handler = async call => {
    const name = call.params['layer'] ?? ''
    if (!layers.list(call.account).some(layer => layer.name === name)) {
      throw missing('Layer', `layer '${name}' does not exist`)
    }
    const acl = queryOf(call, 'acl') ?? (queryOf(call, 'public') === 'true' ? '1' : '0')
    if (acl !== '0' && acl !== '1') throw invalidArgument('acl is 0 or 1')
    await accessOf(services).put(call.account, name, { acl })
    return nothing
  }

  return { create, get, getByArn, listVersions, list, remove, putAcl }
}

/** One version of a layer, as every action that tells of it has it. */
async function shownLayer(
  { services, links }: FcParts,
  call: Call,
  { account, name, version, spec, createdAtMs }: LayerView,
) {
  const { bytes, checksum } = await services.functions.codeInfo(spec.code)
  const acl = (await accessOf(services).find(account, name))?.value['acl']
  return {
    ...foreignOf(spec.foreign),
    layerName: name,
    version,
    layerVersionArn: layerArn(ownerOf(services, account), name, version),
    description: spec.description,
    license: spec.license,
    compatibleRuntime: spec.runtimes,
    acl: typeof acl === 'string' ? acl : '0',
    code: { location: links.of(call.origin, spec.code), repositoryType: 'OSS' },
    codeSize: bytes,
    codeChecksum: checksum,
    createTime: timeOf(createdAtMs),
    createdTime: timeOf(createdAtMs),
  }
}

/** Whether other accounts may use a layer: kept, and without effect, since functions use those of their account. */
function accessOf({ resources }: FcParts['services']) {
  return resources.foreign.of('fc', 'layer-acl')
}

import { Type } from 'typebox'
import { LayerSpec, type LayerView, Name } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'
import { PageQuery, PageSchema } from './resource-schemas.ts'

const tag = 'layers'
const LayerParams = Type.Object({ layer: Name })
const LayerVersionParams = Type.Object({ layer: Name, version: Type.Integer({ minimum: 1 }) })
const LayerVersion = Type.Object({
  name: Name,
  version: Type.Integer({ description: 'From 1; never given again.' }),
  spec: LayerSpec,
  createdAtMs: Type.Integer({ description: 'Milliseconds since the epoch.' }),
})

/** `/layers`: files that functions share, by version. Their code is uploaded apart. */
export function layerRoutes(app: Application, { resources: { layers } }: Services): void {
  app.get('/layers', { schema: listLayers }, request =>
    paged(layers.list(request.principal.account), request.query, ({ name }, after) => name > after, nameOf),
  )

  app.get('/layers/:layer/versions', { schema: listLayerVersions }, request =>
    paged(
      layers.versions(request.principal.account, request.params.layer),
      request.query,
      ({ version }, after) => version < Number(after),
      ({ version }) => String(version),
    ),
  )

  app.post('/layers/:layer/versions', { schema: publishLayer }, async (request, reply) => {
    const { account } = request.principal
    const published = await layers.publish(account, request.params.layer, request.body)
    return reply.code(201).send(listed(published))
  })

  app.get('/layers/:layer/versions/:version', { schema: getLayer }, request => {
    const { layer, version } = request.params
    return listed(layers.get(request.principal.account, layer, version))
  })

  app.delete('/layers/:layer/versions/:version', { schema: deleteLayer }, async (request, reply) => {
    const { layer, version } = request.params
    await layers.delete(request.principal.account, layer, version)
    return reply.code(204).send()
  })
}

function nameOf({ name }: LayerView): string {
  return name
}

function listed({ name, version, spec, createdAtMs }: LayerView) {
  return { name, version, spec, createdAtMs }
}

/** One page of sorted layers; `cursor` names the place after which the next page begins. */
function paged(
  layers: readonly LayerView[],
  { after, limit }: { readonly after?: string; readonly limit: number },
  isAfter: (layer: LayerView, after: string) => boolean,
  cursor: (layer: LayerView) => string,
) {
  const rest = after === undefined ? layers : layers.filter(layer => isAfter(layer, after))
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  const next = last !== undefined && rest.length > page.length ? cursor(last) : undefined
  return { items: page.map(listed), next }
}

const listLayers = operation({
  id: 'listLayers',
  access: needs('fc:ListLayers', 'layers/*'),
  tag,
  summary: 'Lists the newest version of each layer by name.',
  query: PageQuery,
  answers: { 200: { description: 'One page.', schema: PageSchema(LayerVersion) } },
})

const listLayerVersions = operation({
  id: 'listLayerVersions',
  access: needs('fc:ListLayerVersions', 'layers/:layer/versions/*'),
  tag,
  summary: 'Lists the versions of a layer, the newest first.',
  params: LayerParams,
  query: PageQuery,
  answers: { 200: { description: 'One page.', schema: PageSchema(LayerVersion) } },
  refusals: { 404: ['resource.not-found'] },
})

const publishLayer = operation({
  id: 'publishLayer',
  access: needs('fc:CreateLayerVersion', 'layers/:layer/versions/*'),
  tag,
  summary: 'Adds the next version of a layer, or the first.',
  params: LayerParams,
  body: LayerSpec,
  answers: { 201: { description: 'The version.', schema: LayerVersion } },
  refusals: {
    400: ['http.invalid-request', 'function.code-not-found'],
    429: ['resource.limit-exceeded'],
    507: ['storage.full'],
  },
})

const getLayer = operation({
  id: 'getLayer',
  access: needs('fc:GetLayerVersion', 'layers/:layer/versions/:version'),
  tag,
  summary: 'Reads a version of a layer.',
  params: LayerVersionParams,
  answers: { 200: { description: 'The version.', schema: LayerVersion } },
  refusals: { 404: ['resource.not-found'] },
})

const deleteLayer = operation({
  id: 'deleteLayer',
  access: needs('fc:DeleteLayerVersion', 'layers/:layer/versions/:version'),
  tag,
  summary: 'Deletes a version of a layer.',
  description: 'Functions that use it go on; nothing can begin to use it.',
  params: LayerVersionParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: { 404: ['resource.not-found'] },
})

import { Type } from 'typebox'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { operation } from './operation.ts'

/** What this installation is and what is installed in it. */
export function platformRoutes(app: Application, services: Services): void {
  app.get('/status', { schema: getStatus }, request => {
    const { account } = request.principal
    const { buses, functions, streams } = services.resources.snapshots.current()
    const own = (view: { account: string }): boolean => view.account === account
    const busViews = [...buses.values()].filter(own)
    return {
      ...services.node,
      uptimeMs: Math.max(0, services.clock.nowMs() - services.node.startedAtMs),
      account,
      buses: busViews.length,
      rules: busViews.reduce((sum, bus) => sum + bus.rules.size, 0),
      functions: [...functions.values()].filter(own).length,
      streams: [...streams.values()].filter(own).length,
    }
  })

  app.get('/connectors', { schema: listConnectors }, async () => ({
    items: await services.plugins.connectors(),
  }))
}

const OptionsSchema = Type.Object(
  {},
  {
    additionalProperties: true,
    description: 'A JSON Schema of options; texts marked `"secret": true` are never to be shown.',
  },
)

/** What forms, help and command lines are made from. */
const ConnectorSchema = Type.Object({
  system: Type.String({ description: 'What specs call it.' }),
  title: Type.String(),
  version: Type.String(),
  description: Type.String(),
  connection: Type.Optional(
    Type.Object(
      {},
      { additionalProperties: true, description: 'What an instance of it says, as a JSON Schema.' },
    ),
  ),
  source: Type.Optional(
    Type.Object({
      options: OptionsSchema,
      tasksMax: Type.Integer({ description: 'Tasks of one stream that can share the records.' }),
      ordered: Type.Boolean({ description: 'Whether order is kept within partitions.' }),
    }),
  ),
  sink: Type.Optional(
    Type.Object({
      options: OptionsSchema,
      recordsMax: Type.Integer({ description: 'Records that one write may carry.' }),
      parameters: Type.Array(Type.String(), {
        description: 'Parameters of a target that it reads; `*` at the end stands for any ending.',
      }),
    }),
  ),
  problem: Type.Optional(
    Type.Object(
      { code: Type.String(), message: Type.String() },
      { description: 'Why it cannot be used; then it is neither source nor sink.' },
    ),
  ),
})

const getStatus = operation({
  id: 'getStatus',
  access: 'authenticated',
  tag: 'platform',
  summary: 'Tells version, storage and how much there is.',
  answers: {
    200: {
      description: 'The node that answers.',
      schema: Type.Object({
        version: Type.String(),
        region: Type.String(),
        storage: Type.String(),
        startedAtMs: Type.Integer(),
        sandbox: Type.Object({
          kind: Type.String({ description: 'Such as `bubblewrap` or `process`.' }),
          limits: Type.String({ description: 'What limits memory, processors and processes.' }),
          weaknesses: Type.Array(Type.String(), { description: 'What is not kept apart.' }),
        }),
        uptimeMs: Type.Integer(),
        account: Type.String(),
        buses: Type.Integer(),
        rules: Type.Integer(),
        functions: Type.Integer(),
        streams: Type.Integer(),
      }),
    },
  },
})

const listConnectors = operation({
  id: 'listConnectors',
  access: 'authenticated',
  tag: 'platform',
  summary: 'Lists the installed connectors with the schemas of their options.',
  answers: {
    200: {
      description: 'The catalogue.',
      schema: Type.Object({ items: Type.Array(ConnectorSchema) }),
    },
  },
})

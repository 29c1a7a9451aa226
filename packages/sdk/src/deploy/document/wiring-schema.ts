import type { ConnectorInfo, OpenApi, Schema } from '../../index.ts'
import { specSchemas } from './spec-schemas.ts'

/**
 * The JSON Schema of a wiring file, as this server with these connectors takes it: for editors, which complete and check by
 * it. Options of connectors are described one by one; those that are required are not, since an instance may have them.
 */
export function wiringSchema(openApi: OpenApi, connectors: readonly ConnectorInfo[]): Schema {
  const schemas = specSchemas(openApi)
  const known = (schema: Schema): Schema => withConnectors(schema, connectors)
  const fold = (schema: Schema, more: Record<string, Schema>): Schema =>
    known({ ...schema, properties: { ...schema.properties, ...more } })
  const named = (schema: Schema, description: string): Schema => ({
    type: 'object',
    description,
    additionalProperties: schema,
  })
  const orNothing = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
  const functionSchema = fold(schemas.function, {
    triggers: named(known(schemas.trigger), 'Ways in which it is called by itself, by name.'),
    async: known(schemas.async),
    scaling: schemas.scaling,
  })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Millrace wiring',
    type: 'object',
    additionalProperties: false,
    properties: {
      name: {
        type: 'string',
        description:
          'A wiring with a name owns what it brings: what it has no more is removed when it is applied.',
      },
      buses: named(
        orNothing(fold(schemas.bus, { rules: named(known(schemas.rule), 'Rules, by name.') })),
        'Buses, by name.',
      ),
      layers: named(schemas.layer, 'Layers, by name.'),
      functions: named(functionSchema, 'Functions, by name.'),
      instances: named(instanceSchema(schemas.instance, connectors), 'External systems, by name.'),
      streams: named(known(schemas.stream), 'Streams, by name.'),
      queues: named(orNothing(schemas.queue), 'Queues, by name.'),
      topics: named(
        orNothing(
          fold(schemas.topic, { subscriptions: named(schemas.subscription, 'Subscriptions, by name.') }),
        ),
        'Topics, by name.',
      ),
      connections: named(connectionSchema(connectors), 'Instances of the connector `http`, by name.'),
      schedules: named(
        scheduleSchema(known(schemas.stream), connectors),
        'Streams of the connector `schedule`, by name.',
      ),
      domains: named(schemas.domain, 'Domains, by host.'),
      policies: named(schemas.policy, 'Policies, by name.'),
      roles: named(schemas.role, 'Roles, by name.'),
      groups: named(orNothing(schemas.group), 'Groups of users, by name.'),
      users: named(orNothing(schemas.user), 'Users, by name.'),
    },
  }
}

/** Options of the connector `http` without the frame of an instance. */
function connectionSchema(connectors: readonly ConnectorInfo[]): Schema {
  const options = connectors.find(({ system }) => system === 'http')?.connection as Schema | undefined
  const { properties, ...schema } = orReferenced(options ?? {})
  return { ...schema, properties: { description: { type: 'string' }, ...properties } }
}

/** A stream with the options of the connector `schedule` in the place of its source. */
function scheduleSchema(stream: Schema, connectors: readonly ConnectorInfo[]): Schema {
  const options = connectors.find(({ system }) => system === 'schedule')?.source?.options as
    | Schema
    | undefined
  const { source: _, ...rest } = stream.properties ?? {}
  return {
    ...stream,
    required: ['schedule', 'sink'],
    properties: { ...rest, ...options?.properties, userData: { description: 'A text, or any JSON.' } },
  }
}

/** Wherever a connector is named, its options are described. */
function withConnectors(schema: Schema, connectors: readonly ConnectorInfo[]): Schema {
  if (schema.anyOf !== undefined) {
    return { ...schema, anyOf: schema.anyOf.flatMap(one => formsOf(one, connectors)) }
  }
  const { properties, items, additionalProperties } = schema
  return {
    ...schema,
    ...(items === undefined ? {} : { items: withConnectors(items, connectors) }),
    ...(isSchema(additionalProperties)
      ? { additionalProperties: withConnectors(additionalProperties, connectors) }
      : {}),
    ...(properties === undefined ? {} : { properties: membersOf(properties, connectors) }),
  }
}

function membersOf(properties: NonNullable<Schema['properties']>, connectors: readonly ConnectorInfo[]) {
  return Object.fromEntries(
    Object.entries(properties).map(([name, member]) => {
      if (name !== 'source' || member.properties?.['connector'] === undefined)
        return [name, withConnectors(member, connectors)]
      return [
        name,
        {
          anyOf: connectors.flatMap(({ system, source }) =>
            source === undefined ? [] : [named(member, system, source.options)],
          ),
        },
      ]
    }),
  )
}

/** One form of a sink; that of a connector becomes one for each. */
function formsOf(schema: Schema, connectors: readonly ConnectorInfo[]): Schema[] {
  if (schema.properties?.['connector'] === undefined) return [withConnectors(schema, connectors)]
  return connectors.flatMap(({ system, sink }) =>
    sink === undefined ? [] : [named(schema, system, sink.options)],
  )
}

function named(schema: Schema, system: string, options: object): Schema {
  const { required: _, ...described } = options as Schema
  return { ...schema, properties: { ...schema.properties, connector: { const: system }, options: described } }
}

function instanceSchema(schema: Schema, connectors: readonly ConnectorInfo[]): Schema {
  const forms = connectors.flatMap(({ system, connection }) =>
    connection === undefined ? [] : [named(schema, system, orReferenced(connection as object as Schema))],
  )
  return { anyOf: forms }
}

/** Options of instances may point to what they are, at any depth: `{ env: NAME }`, `{ file: PATH }`. */
function orReferenced(schema: Schema): Schema {
  if (schema.anyOf !== undefined) return { ...schema, anyOf: schema.anyOf.map(orReferenced) }
  const { properties, additionalProperties } = schema
  const orText = (member: Schema): Schema =>
    'const' in member ? member : { anyOf: [orReferenced(member), reference] }
  return {
    ...schema,
    ...(isSchema(additionalProperties) ? { additionalProperties: orText(additionalProperties) } : {}),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, member]) => [name, orText(member)]),
          ),
        }),
  }
}

const reference: Schema = {
  type: 'object',
  maxProperties: 1,
  minProperties: 1,
  properties: {
    env: { type: 'string', description: 'Variable of the environment that has the value.' },
    file: { type: 'string', description: 'File that has the value, relative to the wiring file.' },
  },
  additionalProperties: false,
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

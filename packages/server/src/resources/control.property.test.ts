import { AppError, type Storage } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openResources, type Resources } from './store.ts'

const account = '1'

/** What is expected of a function, kept as plainly as can be. */
interface ModelFunction {
  description: string
  layers: string[]
  lastVersion: number
  versions: Record<string, string>
  aliases: Record<string, string>
  triggers: Record<string, string>
  reserved: number | undefined
  disabled: string | undefined
}

interface Model {
  functions: Record<string, ModelFunction>
  layers: Record<string, { last: number; versions: number[] }>
}

/** One operation: what it does to the system, and what the model says of it (a code when it is refused). */
interface Operation {
  readonly kind:
    | 'put'
    | 'delete'
    | 'publish'
    | 'deleteVersion'
    | 'alias'
    | 'deleteAlias'
    | 'trigger'
    | 'deleteTrigger'
    | 'reserve'
    | 'disable'
    | 'publishLayer'
    | 'deleteLayer'
    | 'restart'
  readonly name: string
  readonly part: string
  readonly number: number
  readonly isOn: boolean
}

const operations = fc.array(
  fc.record({
    kind: fc.constantFrom<Operation['kind']>(
      'put',
      'put',
      'put',
      'publish',
      'publish',
      'delete',
      'deleteVersion',
      'alias',
      'deleteAlias',
      'trigger',
      'deleteTrigger',
      'reserve',
      'disable',
      'publishLayer',
      'deleteLayer',
      'restart',
    ),
    name: fc.constantFrom('f', 'g'),
    part: fc.constantFrom('a', 'b'),
    number: fc.integer({ min: 1, max: 4 }),
    isOn: fc.boolean(),
  }),
  { minLength: 10, maxLength: 60 },
)

test('any sequence of changes, with restarts in between, leaves what a plain model says', async () => {
  await fc.assert(
    fc.asyncProperty(operations, async sequence => {
      const storage = await openStorage()
      const model: Model = { functions: {}, layers: {} }
      let resources = await open(storage)
      for (const operation of sequence) {
        if (operation.kind === 'restart') resources = await open(storage)
        else {
          const wanted = applyToModel(model, operation)
          expect(await outcome(applyToSystem(resources, operation)), JSON.stringify(operation)).toBe(wanted)
        }
        expect(seen(resources)).toEqual(expectedState(model))
      }
      expect(seen(await open(storage))).toEqual(expectedState(model))
    }),
    { numRuns: 200 },
  )
}, 60_000)

function open(storage: Storage): Promise<Resources> {
  return openResources(
    {
      documents: storage.documents,
      clock: new FakeClock(),
      openLog: async () => {},
      nextPosition: () => 1,
      routedPosition: async () => 1,
      emptyLog: async () => {},
      checkRule: async (_account, spec) => spec,
      checkFunction: async () => {},
      secrets: { seal: text => `sealed ${text}`, open: text => text.slice('sealed '.length) },
    },
    account,
  )
}

async function outcome(operation: Promise<unknown>): Promise<string> {
  try {
    await operation
    return 'done'
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code
    throw thrown
  }
}

function applyToSystem(resources: Resources, operation: Operation): Promise<unknown> {
  const { kind, name, part, number, isOn } = operation
  const { functions, versions, aliases, triggers, layers } = resources
  switch (kind) {
    case 'put': {
      const environment = { SECRET: String(number) }
      const spec = {
        code: 'c',
        description: String(number),
        environment,
        layers: isOn ? [`${part}:${number}`] : [],
      }
      return functions.put(account, name, spec)
    }
    case 'delete':
      return functions.delete(account, name, undefined, { force: isOn })
    case 'publish':
      return versions.publish(account, name, '')
    case 'deleteVersion':
      return versions.delete(account, name, String(number))
    case 'alias':
      return aliases.put(account, name, part, { version: String(number) })
    case 'deleteAlias':
      return aliases.delete(account, name, part)
    case 'trigger':
      return triggers.put(account, name, part, { kind: 'http', ...(isOn ? { qualifier: 'a' } : {}) })
    case 'deleteTrigger':
      return triggers.delete(account, name, part)
    case 'reserve':
      return isOn ? functions.reserve(account, name, number) : functions.unreserve(account, name)
    case 'disable':
      return isOn ? functions.disable(account, name, String(number)) : functions.enable(account, name)
    case 'publishLayer':
      return layers.publish(account, part, { code: 'c' })
    case 'deleteLayer':
      return layers.delete(account, part, number)
    case 'restart':
      throw new Error('a restart is no operation of the stores')
  }
}

function applyToModel(model: Model, { kind, name, part, number, isOn }: Operation): string {
  if (kind === 'publishLayer') {
    const layer = (model.layers[part] ??= { last: 0, versions: [] })
    layer.versions.push(++layer.last)
    return 'done'
  }
  if (kind === 'deleteLayer') {
    const layer = model.layers[part]
    if (!layer?.versions.includes(number)) return 'resource.not-found'
    layer.versions = layer.versions.filter(version => version !== number)
    return 'done'
  }
  const found = model.functions[name]
  if (kind === 'put') {
    const layers = isOn ? [`${part}:${number}`] : []
    const isKept = isOn && String(found?.layers) === String(layers)
    if (isOn && !isKept && !model.layers[part]?.versions.includes(number)) return 'function.layer-not-found'
    const fresh: ModelFunction = {
      description: '',
      layers: [],
      lastVersion: 0,
      versions: {},
      aliases: {},
      triggers: {},
      reserved: undefined,
      disabled: undefined,
    }
    model.functions[name] = { ...(found ?? fresh), description: String(number), layers }
    return 'done'
  }
  if (found === undefined) return 'resource.not-found'
  return changeFunction(model, found, { kind, name, part, number, isOn })
}

function changeFunction(model: Model, found: ModelFunction, operation: Operation): string {
  const { kind, name, part, number, isOn } = operation
  const version = String(number)
  switch (kind) {
    case 'delete':
      if (Object.keys(found.triggers).length > 0 && !isOn) return 'resource.in-use'
      delete model.functions[name]
      return 'done'
    case 'publish':
      if (found.versions[String(found.lastVersion)] === formOf(found)) return 'resource.unchanged'
      found.versions[String(++found.lastVersion)] = formOf(found)
      return 'done'
    case 'deleteVersion':
      return removed(found.versions, version)
    case 'alias':
      if (found.aliases[part] === version) return 'done'
      if (!(version in found.versions)) return 'function.setting-invalid'
      found.aliases[part] = version
      return 'done'
    case 'deleteAlias':
      return removed(found.aliases, part)
    case 'trigger': {
      const qualifier = isOn ? 'a' : 'LATEST'
      if (found.triggers[part] === qualifier) return 'done'
      if (isOn && !('a' in found.aliases)) return 'function.setting-invalid'
      if (Object.values(found.triggers).includes(qualifier)) return 'function.trigger-duplicate'
      found.triggers[part] = qualifier
      return 'done'
    }
    case 'deleteTrigger':
      return removed(found.triggers, part)
    case 'reserve':
      found.reserved = isOn ? number : undefined
      return 'done'
    default:
      found.disabled = isOn ? version : undefined
      return 'done'
  }
}

function removed(parts: Record<string, string>, name: string): string {
  if (!(name in parts)) return 'resource.not-found'
  delete parts[name]
  return 'done'
}

function formOf({ description, layers }: { description: string; layers: readonly string[] }): string {
  return `${description} with ${layers.join()}`
}

/** The system's state in the terms of the model. */
function seen({ snapshots, layers }: Resources): unknown {
  const { functions, layers: all } = snapshots.current()
  const used = new Set<string>()
  const views = [...functions.values()].map(view => {
    const specs = [view.latest, ...[...view.versions.values()].map(({ deployment }) => deployment)]
    for (const { spec } of specs) {
      expect(spec.environment).toEqual({ SECRET: spec.description })
      for (const layer of spec.layers) used.add(`${account}/${layer}`)
    }
    return {
      name: view.name,
      form: formOf(view.spec),
      versions: entries(view.versions, ({ deployment }) => formOf(deployment.spec)),
      aliases: entries(view.aliases, ({ spec }) => spec.version),
      triggers: entries(view.triggers, ({ spec }) => spec.qualifier ?? 'LATEST'),
      reserved: view.reservedInstances,
      disabled: view.disabled,
    }
  })
  // Whatever a function uses is there, deleted or not.
  for (const layer of used) expect(all.has(layer), layer).toBe(true)
  const names = layers.list(account).map(({ name }) => name)
  return {
    functions: views.sort((left, right) => (left.name < right.name ? -1 : 1)),
    layers: names.map(name => [name, layers.versions(account, name).map(({ version }) => version)]),
  }
}

function expectedState({ functions, layers }: Model): unknown {
  const sorted = <Value>(record: Record<string, Value>): [string, Value][] =>
    Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1))
  return {
    functions: sorted(functions).map(
      ([name, { versions, aliases, triggers, reserved, disabled, ...rest }]) => ({
        name,
        form: formOf(rest),
        versions: sorted(versions),
        aliases: sorted(aliases),
        triggers: sorted(triggers),
        reserved,
        disabled,
      }),
    ),
    layers: sorted(layers)
      .filter(([, { versions }]) => versions.length > 0)
      .map(([name, { versions }]) => [name, versions.toReversed()]),
  }
}

function entries<Value>(map: ReadonlyMap<string, Value>, text: (value: Value) => string): [string, string][] {
  return [...map]
    .map(([name, value]): [string, string] => [name, text(value)])
    .sort(([left], [right]) => (left < right ? -1 : 1))
}

import { AppError } from '@millrace/spi'
import { logShardsMax, type LogStoreSpec, type LogStoreView } from '../../resources/index.ts'
import { type Call, jsonObject, type Operation, type SlsContext, textOf } from './call.ts'
import { findStore, nameInProject, storeName, storesOf } from './log-store-name.ts'
import { checkProject, missingLogStore } from './projects.ts'
import { Refusal } from './refusal.ts'
import { wholeNumber } from './target.ts'

const nameExpression = /^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$/
const dayMs = 86_400_000
const daysMax = 3_650
const pageMax = 500

/** Under this name a log store keeps what only this interface understands. */
const foreignName = 'sls'

/** Settings that are kept and given back, with what they are when nobody has said anything. */
const storedSettings: Readonly<Record<string, unknown>> = {
  autoSplit: false,
  maxSplitShard: 64,
  enable_tracking: false,
  appendMeta: false,
  telemetryType: '',
}
/** Those that are left out of answers unless they were given. */
const optionalSettings = ['hot_ttl', 'infrequentAccessTTL', 'encrypt_conf', 'mode'] as const

export const createLogStore: Operation = {
  needs: ['log:CreateLogStore', 'stores'],
  async run(context, call) {
    const given = jsonObject(call)
    const logStore = textOf(given, 'logstoreName')
    if (!nameExpression.test(logStore)) {
      throw infoInvalid(
        'logstoreName has 3 to 63 lower-case letters, digits, hyphens and underlines, with a letter or digit at both ends',
      )
    }
    await checkProject(context, call)
    const spec = {
      shards: settingOf(given, 'shardCount', logShardsMax) ?? 2,
      retentionMs: (settingOf(given, 'ttl', daysMax) ?? 30) * dayMs,
      foreign: { [foreignName]: settingsOf(given, {}) },
    }
    const name = storeName({ project: call.project, logStore })
    try {
      await context.services.resources.logStores.put(call.account, name, spec, 0)
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'resource.conflict') throw thrown
      throw new Refusal('LogStoreAlreadyExist', `logstore ${logStore} already exists`)
    }
    return {}
  },
}

export const getLogStore: Operation = {
  needs: ['log:GetLogStore', 'store'],
  async run(context, call) {
    const view = await existing(context, call)
    const { spec, createdAtMs, updatedAtMs } = view
    const { index: _index, ...settings } = kept(view)
    return {
      json: {
        logstoreName: call.logStore,
        ttl: Math.ceil(spec.retentionMs / dayMs),
        shardCount: spec.shards,
        ...storedSettings,
        ...settings,
        createTime: Math.floor(createdAtMs / 1_000),
        lastModifyTime: Math.floor(updatedAtMs / 1_000),
      },
    }
  },
}

/** The number of shards stays as it is. */
export const updateLogStore: Operation = {
  needs: ['log:UpdateLogStore', 'store'],
  async run(context, call) {
    const view = await existing(context, call)
    const given = jsonObject(call)
    const days = settingOf(given, 'ttl', daysMax)
    const change = days === undefined ? {} : { retentionMs: days * dayMs }
    await write(context, view, change, settingsOf(given, kept(view)))
    return {}
  },
}

export const deleteLogStore: Operation = {
  needs: ['log:DeleteLogStore', 'store'],
  async run(context, call) {
    const { name } = await existing(context, call)
    await context.services.resources.logStores.delete(call.account, name)
    return {}
  },
}

export const listLogStores: Operation = {
  needs: ['log:ListLogStores', 'stores'],
  async run(context, call) {
    await checkProject(context, call)
    const { query } = call.target
    const offset = wholeNumber(query, 'offset', { low: 0, high: Number.MAX_SAFE_INTEGER, otherwise: 0 })
    const size = wholeNumber(query, 'size', { low: 0, high: pageMax, otherwise: pageMax })
    const part = query.get('logstoreName') ?? ''
    const found = storesOf(context, call.account, call.project)
      .map(nameInProject)
      .filter(name => name.includes(part))
    const logstores = found.slice(offset, offset + size)
    return { json: { count: logstores.length, total: found.length, logstores } }
  },
}

/** The log store of a request. Throws `LogStoreNotExist` and `ProjectNotExist`. */
export async function existing(context: SlsContext, call: Call): Promise<LogStoreView> {
  const view = findStore(context, call)
  if (view === undefined) throw await missingLogStore(context, call)
  return view
}

/** What a log store keeps for this interface; nothing where another one has made it. */
export function kept({ spec }: LogStoreView): Readonly<Record<string, unknown>> {
  const value = spec.foreign?.[foreignName]
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** Changes a log store, and replaces what it keeps for this interface. */
export async function write(
  { services }: SlsContext,
  { account, name, spec }: LogStoreView,
  change: Partial<LogStoreSpec>,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const foreign = { ...spec.foreign, [foreignName]: settings }
  await services.resources.logStores.put(account, name, { ...spec, ...change, foreign })
}

function settingsOf(
  given: Readonly<Record<string, unknown>>,
  before: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const settings: Record<string, unknown> = { ...before }
  for (const name of [...Object.keys(storedSettings), ...optionalSettings]) {
    if (given[name] !== undefined && given[name] !== null) settings[name] = given[name]
  }
  return settings
}

function settingOf(given: Readonly<Record<string, unknown>>, name: string, max: number): number | undefined {
  const value = given[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value
  throw infoInvalid(`${name} is a whole number from 1 to ${max}`)
}

function infoInvalid(message: string): Refusal {
  return new Refusal('LogstoreInfoInvalid', message)
}

import { jsonObject, type Operation } from './call.ts'
import { existing, kept, write } from './log-stores.ts'
import { parameterInvalid, Refusal } from './refusal.ts'

/** Largest configuration of an index as JSON, in bytes. */
const indexBytesMax = 65_536

/** The configuration is kept and given back; searches read the logs themselves, with or without one. */
export const createIndex: Operation = {
  needs: ['log:CreateIndex', 'store'],
  async run(context, call) {
    const view = await existing(context, call)
    const settings = kept(view)
    if (settings['index'] !== undefined) {
      throw new Refusal('IndexAlreadyExist', `logstore ${call.logStore} has an index already`)
    }
    await write(context, view, {}, { ...settings, index: configuration(jsonObject(call)) })
    return {}
  },
}

export const getIndex: Operation = {
  needs: ['log:GetIndex', 'store'],
  async run(context, call) {
    const view = await existing(context, call)
    const index = kept(view)['index']
    if (typeof index !== 'object' || index === null) throw noIndex(call.logStore)
    const lastModifyTime = Math.floor(view.updatedAtMs / 1_000)
    return { json: { ...index, index_mode: 'v2', storage: 'pg', lastModifyTime } }
  },
}

export const updateIndex: Operation = {
  needs: ['log:UpdateIndex', 'store'],
  async run(context, call) {
    const view = await existing(context, call)
    const settings = kept(view)
    if (settings['index'] === undefined) throw noIndex(call.logStore)
    await write(context, view, {}, { ...settings, index: configuration(jsonObject(call)) })
    return {}
  },
}

export const deleteIndex: Operation = {
  needs: ['log:DeleteIndex', 'store'],
  async run(context, call) {
    const view = await existing(context, call)
    const { index, ...settings } = kept(view)
    if (index === undefined) throw noIndex(call.logStore)
    await write(context, view, {}, settings)
    return {}
  },
}

function configuration(given: Readonly<Record<string, unknown>>): object {
  const bytes = JSON.stringify(given).length
  if (bytes <= indexBytesMax) return given
  throw parameterInvalid(`an index has ${bytes} bytes as JSON, at most ${indexBytesMax} are allowed`)
}

function noIndex(logStore: string): Refusal {
  return new Refusal('IndexConfigNotExist', `logstore ${logStore} has no index config`, 404)
}

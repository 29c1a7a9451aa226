import { Type } from 'typebox'
import { functionArn, ownerOf } from '../arn.ts'
import { answered, type Call, type Handler, jsonHandler, nothing } from '../call.ts'
import {
  functionsOf,
  settingsOf,
  shownAsyncConfig,
  shownProvision,
  shownScaling,
  wantedFunction,
} from '../operations/index.ts'
import { pageOf } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import { missing } from '../refusal.ts'
import type { Subject, SubjectOf } from '../subject.ts'

const Concurrency = Type.Object({ reservedConcurrency: Type.Integer({ minimum: 0, maximum: 100_000 }) })
const Disabling = Type.Object({
  abortOngoingRequest: Type.Optional(Type.Boolean()),
  reason: Type.Optional(Type.String({ maxLength: 256 })),
})

/** Reserved instances of a function, whether it may be called, and the lists of settings over all functions. */
export function capacityHandlers(parts: FcParts, subjectOf: SubjectOf) {
  const { services } = parts
  const { functions } = services.resources
  const shown = ({ account, name, arn }: Pick<Subject, 'account' | 'name' | 'arn'>) => {
    const { reservedInstances } = functions.view(account, name)
    if (reservedInstances === undefined) {
      throw missing('ConcurrencyConfig', `concurrency config of function '${name}' does not exist`)
    }
    return { functionArn: arn, reservedConcurrency: reservedInstances }
  }

  const putConcurrency = jsonHandler(Concurrency, async (call, { reservedConcurrency }) => {
    const subject = await subjectOf(call)
    await functions.reserve(subject.account, subject.name, reservedConcurrency)
    return answered(shown(subject))
  })
  const getConcurrency: Handler = async call => answered(shown(await subjectOf(call)))
  const deleteConcurrency: Handler = async call => {
    const subject = await subjectOf(call)
    shown(subject)
    await functions.unreserve(subject.account, subject.name)
    return nothing
  }
  const listConcurrency: Handler = call => {
    const found = functionsFor(parts, call).filter(view => view.reservedInstances !== undefined)
    const { items, ...next } = pageOf(call, found, ({ name }) => name)
    const owner = ownerOf(services, call.account)
    const configs = items.map(({ name, reservedInstances }) => ({
      functionArn: functionArn(owner, name),
      reservedConcurrency: reservedInstances,
    }))
    return answered({ configs, ...next })
  }

  const disable = jsonHandler(Disabling, async (call, { reason = '' }) => {
    const { account, name } = await subjectOf(call)
    await functions.disable(account, name, reason)
    return answered({ success: true })
  })
  const enable: Handler = async call => {
    const { account, name } = await subjectOf(call)
    await functions.enable(account, name)
    return answered({ success: true })
  }

  return {
    putConcurrency,
    getConcurrency,
    deleteConcurrency,
    listConcurrency,
    disable,
    enable,
    ...listHandlers(parts),
  }
}

function listHandlers(parts: FcParts) {
  const { services } = parts
  const scalingList =
    (member: string, show: typeof shownProvision): Handler =>
    call => {
      const owner = ownerOf(services, call.account)
      const all = settingsOf(functionsFor(parts, call), view => view.scaling)
      const { items, ...next } = pageOf(call, all, settingKey)
      const shown = items.map(({ view, qualifier, setting }) => {
        const arn = functionArn(owner, view.name)
        const subject = { account: call.account, name: view.name, qualifier, shownQualifier: qualifier, arn }
        return show(parts, subject, setting.spec)
      })
      return answered({ [member]: shown, ...next })
    }

  const listAsync: Handler = call => {
    const owner = ownerOf(services, call.account)
    const all = settingsOf(functionsFor(parts, call), view => view.async)
    const { items, ...next } = pageOf(call, all, settingKey)
    const configs = items.map(({ view, qualifier, setting }) =>
      shownAsyncConfig('asyncTask', functionArn(owner, view.name), qualifier, setting),
    )
    return answered({ configs, ...next })
  }

  return {
    listAsync,
    listProvision: scalingList('provisionConfigs', shownProvision),
    listScaling: scalingList('scalingConfigs', shownScaling),
  }
}

function functionsFor({ services }: FcParts, call: Call) {
  const wanted = wantedFunction(call)
  return functionsOf(services, call.account).filter(({ name }) => wanted === undefined || name === wanted)
}

function settingKey({ view, qualifier }: { view: { readonly name: string }; qualifier: string }): string {
  return `${view.name}/${qualifier}`
}

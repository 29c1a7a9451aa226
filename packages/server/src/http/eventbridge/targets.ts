import { AppError } from '@millrace/spi'
import { type Static, Type } from 'typebox'
import { notFound, type TargetSpec } from '../../resources/index.ts'
import { translate } from '../error-body.ts'
import type { Services } from '../services.ts'
import { fromCloudEvents, fromPatterns } from '../translate.ts'
import { type Action, type Answer, type Call, jsonAction } from './action.ts'
import { changeRule } from './change-rule.ts'
import { unmasked } from './masks.ts'
import { PageMembers, windowOf } from './paging.ts'
import { Refusal } from './refusal.ts'
import { entryIdOf, readTargetEntry } from './target-entry.ts'
import { mappingContext } from './mapping-context.ts'
import { targetRole, targetSpec } from './target-spec.ts'
import { targetView } from './target-view.ts'
import { wireCode } from './wire-code.ts'

const rule = { EventBusName: Type.String(), RuleName: Type.String() }
const CreateTargets = Type.Object({ ...rule, Targets: Type.Array(Type.Unknown(), { maxItems: 100 }) })
const DeleteTargets = Type.Object({ ...rule, TargetIds: Type.Array(Type.String(), { maxItems: 100 }) })
const ListTargets = Type.Object({ ...rule, ...PageMembers })

/** What became of one entry that was refused. */
interface ErrorEntry {
  readonly EntryId: string
  readonly ErrorCode: string
  readonly ErrorMessage: string
}

/** Write, delete and list the targets of a rule (section 2.5, 13 to 15). */
export function targetActions(services: Services): Readonly<Record<string, Action>> {
  return {
    createTargets: jsonAction('target', CreateTargets, (account, input, call) =>
      put(services, account, input, call),
    ),
    deleteTargets: jsonAction('target', DeleteTargets, (account, input) => remove(services, account, input)),
    listTargets: jsonAction('target', ListTargets, (account, input) => {
      const { offset, limit } = windowOf(input)
      const { spec } = services.resources.rules.get(account, input.EventBusName, input.RuleName)
      const place = { region: services.node.region, account }
      return { Targets: spec.targets.slice(offset, offset + limit).map(target => targetView(target, place)) }
    }),
  }
}

/**
 * Creates or replaces by id. Each entry is written by itself, so that one which cannot be honoured is told by its
 * entry and the others stand.
 */
async function put(
  services: Services,
  account: string,
  input: Static<typeof CreateTargets>,
  call: Call,
): Promise<Answer> {
  const { EventBusName: bus, RuleName: name } = input
  call.passRoles(input.Targets.flatMap(given => readableRole(given, account) ?? []))
  services.resources.rules.get(account, bus, name)
  const context = mappingContext(services, account)
  const seen = new Set<string>()
  return answer(input.Targets, entryIdOf, async given => {
    const target = targetSpec(readTargetEntry(given), context)
    if (seen.has(target.id)) {
      throw new Refusal('EventRuleTargetIdDuplicate', 'the id of event target is duplicate')
    }
    seen.add(target.id)
    await changeRule(services, account, bus, name, spec => {
      const isNew = !spec.targets.some(({ id }) => id === target.id)
      const targets = isNew
        ? [...spec.targets, target]
        : spec.targets.map(one => (one.id === target.id ? replacement(target, one) : one))
      return { ...spec, targets }
    })
  })
}

/** The role that an entry names; `undefined` also for one that cannot be read, which is refused by its entry. */
function readableRole(given: unknown, account: string): string | undefined {
  try {
    return targetRole(readTargetEntry(given), account)
  } catch (thrown) {
    if (thrown instanceof Refusal || thrown instanceof AppError) return undefined
    throw thrown
  }
}

/** What a target that is there becomes: it stays paused if it is, and keeps secrets that came back masked. */
function replacement(target: ReturnType<typeof targetSpec>, before: TargetSpec) {
  return { ...target, sink: unmasked(target.sink, before.sink), paused: before.paused }
}

async function remove(
  services: Services,
  account: string,
  input: Static<typeof DeleteTargets>,
): Promise<Answer> {
  const { EventBusName: bus, RuleName: name } = input
  services.resources.rules.get(account, bus, name)
  return answer(
    input.TargetIds,
    id => id,
    id =>
      changeRule(services, account, bus, name, spec => {
        const targets = spec.targets.filter(target => target.id !== id)
        if (targets.length === spec.targets.length) throw notFound('target', `${name}/${id.slice(0, 127)}`)
        return { ...spec, targets }
      }),
  )
}

/** Does the work entry by entry, in order, and lists those that were refused. */
async function answer<Entry>(
  entries: readonly Entry[],
  idOf: (entry: Entry) => string,
  work: (entry: Entry) => Promise<void>,
): Promise<Answer> {
  const errors: ErrorEntry[] = []
  for (const entry of entries) {
    try {
      await work(entry)
    } catch (thrown) {
      errors.push({ EntryId: idOf(entry), ...entryError(thrown) })
    }
  }
  return { ErrorEntriesCount: errors.length, ErrorEntries: errors }
}

/** An error of the platform itself is that of the whole call: it would meet every entry. */
function entryError(thrown: unknown): Omit<ErrorEntry, 'EntryId'> {
  if (thrown instanceof Refusal) return { ErrorCode: thrown.code, ErrorMessage: thrown.message }
  const error = translate(thrown, [fromCloudEvents, fromPatterns])
  const isOurs = error.code === 'internal.unexpected' || error.code.startsWith('storage.')
  if (isOurs) throw thrown instanceof AppError ? thrown : error
  const { code } = wireCode(error.code, error.details ?? {}, 400, 'target')
  return { ErrorCode: code, ErrorMessage: error.message }
}

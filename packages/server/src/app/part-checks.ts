import type { SecretBox } from '../auth/index.ts'
import { parseTimerSchedule } from '../calendar/index.ts'
import { checkRewrites, checkScaling } from '../functions/index.ts'
import { checkHttpAuth } from '../http/index.ts'
import type { PartChecks, SinkSpec, Snapshot } from '../resources/index.ts'
import { checkConnected, checkSink, type RuleCheckParts } from './rule-check.ts'
import { checkStream } from './stream-check.ts'
import type { WiringRoles } from './wiring-roles.ts'

export interface PartCheckParts {
  readonly plugins: RuleCheckParts['plugins']
  readonly secrets: SecretBox
  readonly snapshot: () => Snapshot
  readonly roles: Pick<WiringRoles, 'checkStream' | 'checkAsync'>
  /** Rejects with `function.code-not-found`, and with `quota.bytes-exceeded` when the account has no room for it. */
  readonly checkCode: (account: string, code: string) => Promise<void>
}

/**
 * The checks of what functions have besides their definition: schedules that mean a time (`schedule.invalid`),
 * destinations that can be written to (`rule.sink-invalid`), layers whose code was uploaded, ways to be let in and
 * rewriting that can be understood (`trigger.auth-invalid`, `domain.invalid`).
 */
export function partChecks({ plugins, secrets, snapshot, roles, checkCode }: PartCheckParts): PartChecks {
  const sink = (account: string, spec: SinkSpec | undefined): Promise<SinkSpec | undefined> =>
    spec === undefined
      ? Promise.resolve(undefined)
      : checkSink(account, spec, snapshot(), { plugins, secrets })
  return {
    trigger: async (_account, spec) => {
      if (spec.kind === 'timer') parseTimerSchedule(spec.schedule)
      else checkHttpAuth(spec.auth)
    },
    scaling: async (_account, spec) => checkScaling(spec),
    async: async (account, name, spec) => {
      roles.checkAsync(account, name, spec)
      const [onSuccess, onFailure] = [
        await sink(account, spec.onSuccess),
        await sink(account, spec.onFailure),
      ]
      return {
        ...spec,
        ...(onSuccess === undefined ? {} : { onSuccess }),
        ...(onFailure === undefined ? {} : { onFailure }),
      }
    },
    layer: (account, spec) => checkCode(account, spec.code),
    domain: async (_account, { auth, routes }) => {
      if (auth !== undefined) checkHttpAuth(auth)
      await checkRewrites(routes)
    },
    stream: async (account, spec) => {
      const complete = await checkStream(account, spec, snapshot(), { plugins, secrets })
      roles.checkStream(account, complete)
      return complete
    },
    instance: async (account, spec) => ({
      ...spec,
      options: await checkConnected(account, 'connection', spec, snapshot(), { plugins, secrets }),
    }),
  }
}

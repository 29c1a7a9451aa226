import { AppError, retryNever } from '@millrace/spi'
import type { SecretBox } from '../auth/index.ts'
import { busKey, type Snapshot } from '../resources/index.ts'

/** What names a connector with options of its own, and perhaps an instance: a source, or a sink. */
export interface Connected {
  readonly connector: string
  readonly instance?: string | undefined
  readonly options?: unknown
}

/**
 * Options in the clear: those of the instance, and over them the part's own. Throws `instance.invalid` when there is no such
 * instance, or it is another system's.
 */
export function connectedOptions(
  account: string,
  { connector, instance, options }: Connected,
  { instances }: Pick<Snapshot, 'instances'>,
  secrets: SecretBox,
): object {
  const own: object = secrets.openAll(options) ?? {}
  if (instance === undefined) return own
  const view = instances.get(busKey(account, instance))
  if (view === undefined) {
    throw invalid(
      `there is no instance ${instance}; make it with "millrace instance add ${connector} ${instance} …"`,
      instance,
    )
  }
  if (view.spec.connector !== connector) {
    throw invalid(`instance ${instance} is one of ${view.spec.connector}, not of ${connector}`, instance)
  }
  return { ...(secrets.openAll(view.spec.options) as object), ...own }
}

function invalid(message: string, name: string): AppError {
  return new AppError('instance.invalid', message, retryNever, { details: { kind: 'instance', name } })
}

import { AppError, retryNever } from '@millrace/spi'
import type { ResourceLimits, ResourcesHost } from './control.ts'
import { AliasSpec, AsyncSpec, ScalingSpec, TriggerSpec } from './function-parts.ts'
import { latestVersion } from './names.ts'
import type { FunctionView, PartView } from './snapshot.ts'
import { checkName, specParser } from './spec.ts'

export type Parts<Spec> = ReadonlyMap<string, PartView<Spec>>

/** What tells one kind of part of a function from another; all else is the same for them. */
export interface PartKind<Spec> {
  /** As messages call it. */
  readonly title: string
  /** First word of the keys of its documents. */
  readonly document: string
  of(view: FunctionView): Parts<Spec>
  with(view: FunctionView, parts: Parts<Spec>): FunctionView
  countMax(limits: ResourceLimits): number
  checkName(name: string): void
  /** Fills the defaults; refuses what the schema does not allow. */
  parse(value: unknown): Spec
  /** Refuses what contradicts the function and its other parts. */
  check(view: FunctionView, name: string, spec: Spec): void
  /** Completes what the schema cannot and refuses what could never work. */
  complete(host: ResourcesHost, account: string, spec: Spec, functionName: string): Promise<Spec>
}

export const aliasKind: PartKind<AliasSpec> = {
  title: 'alias',
  document: 'function-alias',
  of: view => view.aliases,
  with: (view, aliases) => ({ ...view, aliases }),
  countMax: limits => limits.aliasesPerFunctionMax,
  checkName: checkAliasName,
  parse: specParser('alias', AliasSpec),
  check: (view, _name, { version, canary }) => {
    checkVersion(view, version)
    if (canary === undefined) return
    checkVersion(view, canary.version)
    if (canary.version === version) throw invalid(`version ${version} cannot be the canary beside itself`)
  },
  complete: async (_host, _account, spec) => spec,
}

const triggerParsers = {
  http: specParser('trigger', TriggerSpec.anyOf[0]),
  timer: specParser('trigger', TriggerSpec.anyOf[1]),
}

export const triggerKind: PartKind<TriggerSpec> = {
  title: 'trigger',
  document: 'function-trigger',
  of: view => view.triggers,
  with: (view, triggers) => ({ ...view, triggers }),
  countMax: limits => limits.triggersPerFunctionMax,
  checkName: name => checkName('trigger', name),
  parse: value => {
    const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
    return kind === 'timer' ? triggerParsers.timer(value) : triggerParsers.http(value)
  },
  check: (view, name, spec) => {
    const wanted = spec.qualifier ?? latestVersion
    checkQualifier(view, wanted)
    if (spec.kind !== 'http') return
    for (const other of view.triggers.values()) {
      if (other.name === name || other.spec.kind !== 'http') continue
      if ((other.spec.qualifier ?? latestVersion) !== wanted) continue
      throw new AppError(
        'function.trigger-duplicate',
        `trigger ${other.name} answers HTTP for ${wanted} of function ${view.name} already`,
        retryNever,
        { details: { name: other.name, qualifier: wanted } },
      )
    }
  },
  complete: async (host, account, spec) => {
    await host.checkParts?.trigger(account, spec)
    return spec
  },
}

export const asyncKind: PartKind<AsyncSpec> = {
  title: 'asynchronous setting',
  document: 'function-async',
  of: view => view.async,
  with: (view, async) => ({ ...view, async }),
  countMax: limits => limits.settingsPerFunctionMax,
  checkName: checkQualifierName,
  parse: specParser('asynchronous setting', AsyncSpec),
  check: checkQualifier,
  complete: async (host, account, spec, functionName) =>
    (await host.checkParts?.async(account, functionName, spec)) ?? spec,
}

export const scalingKind: PartKind<ScalingSpec> = {
  title: 'scaling setting',
  document: 'function-scaling',
  of: view => view.scaling,
  with: (view, scaling) => ({ ...view, scaling }),
  countMax: limits => limits.settingsPerFunctionMax,
  checkName: checkQualifierName,
  parse: specParser('scaling setting', ScalingSpec),
  check: (view, qualifier, { tracking, schedules }) => {
    if (isNumber(qualifier)) {
      throw invalid(`instances are kept for ${latestVersion} or an alias, not for version ${qualifier}`)
    }
    checkQualifier(view, qualifier)
    checkDistinct('schedule', schedules)
    checkDistinct('tracking', tracking)
    for (const { name, instancesMin, instancesMax } of tracking) {
      if (instancesMin > instancesMax) {
        throw invalid(`tracking ${name} keeps ${instancesMin} instances at least and ${instancesMax} at most`)
      }
    }
  },
  complete: async (host, account, spec) => {
    await host.checkParts?.scaling(account, spec)
    return spec
  },
}

export const partKinds: readonly PartKind<unknown>[] = [
  aliasKind,
  triggerKind,
  asyncKind,
  scalingKind,
] as readonly unknown[] as readonly PartKind<unknown>[]

function checkVersion(view: FunctionView, version: string): void {
  if (!view.versions.has(version)) throw invalid(`function ${view.name} has no version ${version}`)
}

function checkQualifier(view: FunctionView, qualifier: string): void {
  if (qualifier === latestVersion || view.aliases.has(qualifier)) return
  if (isNumber(qualifier)) checkVersion(view, qualifier)
  else throw invalid(`function ${view.name} has no alias ${qualifier}`)
}

function checkDistinct(what: string, items: readonly { readonly name: string }[]): void {
  const names = new Set<string>()
  for (const { name } of items) {
    if (names.has(name)) throw invalid(`two of the ${what} settings have the name ${name}`)
    names.add(name)
  }
}

function checkAliasName(name: string): void {
  checkQualifierName(name)
  if (name === latestVersion) throw nameInvalid(`an alias cannot have the name ${latestVersion}`)
  if (isNumber(name)) throw nameInvalid('the name of an alias cannot be a number: numbers name versions')
}

function checkQualifierName(name: string): void {
  if (/^[A-Za-z0-9_-]{1,128}$/.test(name)) return
  throw nameInvalid(`an alias has a name of 1 to 128 letters, digits, "_" and "-"; this has ${name.length}`)
}

function isNumber(qualifier: string): boolean {
  return /^[0-9]+$/.test(qualifier)
}

function nameInvalid(message: string): AppError {
  return new AppError('resource.name-invalid', message, retryNever)
}

function invalid(message: string): AppError {
  return new AppError('function.setting-invalid', message, retryNever)
}

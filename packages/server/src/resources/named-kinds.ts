import { parsePattern } from '@millrace/pattern'
import { AppError, retryNever } from '@millrace/spi'
import type { Control } from './control.ts'
import { InstanceSpec } from './instance.ts'
import { LogStoreSpec } from './log-store.ts'
import type { NamedKind } from './named-store.ts'
import { patternOptions } from './rule.ts'
import type { NamedView } from './snapshot.ts'
import { specParser } from './spec.ts'
import { StreamSpec } from './stream.ts'
import type { SinkSpec } from './target.ts'

export const streamKind: NamedKind<StreamSpec> = {
  title: 'stream',
  of: control => control.streams,
  quota: 'streams',
  parse: specParser('stream', StreamSpec),
  complete: async (host, account, spec) => {
    parsePattern(spec.pattern, patternOptions(spec))
    return (await host.checkParts?.stream(account, spec)) ?? spec
  },
  checkUnused: () => {},
}

export const instanceKind: NamedKind<InstanceSpec> = {
  title: 'instance',
  of: control => control.instances,
  quota: 'instances',
  parse: specParser('instance', InstanceSpec),
  complete: async (host, account, spec) => (await host.checkParts?.instance(account, spec)) ?? spec,
  checkUnused: (control, view) => {
    const user = userOf(control, view)
    if (user === undefined) return
    throw new AppError('resource.in-use', `${user} goes by the instance ${view.name}`, retryNever, {
      details: { user },
    })
  },
}

export const logStoreKind: NamedKind<LogStoreSpec> = {
  title: 'logstore',
  of: control => control.logStores,
  quota: 'log-stores',
  parse: specParser('logstore', LogStoreSpec),
  complete: (_host, _account, spec) => Promise.resolve(spec),
  checkUnused: () => {},
  empty: async (host, key) => await host.emptyLogStore?.(key),
}

/** The first stream or rule of the account that names the instance. */
function userOf(control: Control, { account, name }: NamedView<InstanceSpec>): string | undefined {
  const names = (sink: SinkSpec | undefined): boolean =>
    sink !== undefined && 'connector' in sink && sink.instance === name
  for (const stream of control.streams.values()) {
    const { source, sink, deadLetter } = stream.spec
    if (stream.account !== account) continue
    if (source.instance === name || names(sink) || names(deadLetter)) return `stream ${stream.name}`
  }
  for (const bus of control.buses.values()) {
    if (bus.account !== account) continue
    for (const rule of bus.getView().rules.values()) {
      const targets = rule.spec.targets
      if (targets.some(({ sink, deadLetter }) => names(sink) || names(deadLetter))) {
        return `rule ${bus.name}/${rule.name}`
      }
    }
  }
  return undefined
}

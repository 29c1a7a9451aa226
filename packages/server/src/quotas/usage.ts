import { countOf, defaultBusName, type QuotaName, type Snapshot } from '../resources/index.ts'

/** How much an account uses of what a snapshot tells; where it is counted for each bus, rule or topic, the most that one of them has. */
export function usageOf(account: string, snapshot: Snapshot): ReadonlyMap<QuotaName, number> {
  const own = <View extends { readonly account: string }>(views: ReadonlyMap<string, View>): View[] =>
    [...views.values()].filter(view => view.account === account)
  const buses = own(snapshot.buses)
  const rules = buses.flatMap(bus => [...bus.rules.values()])
  return new Map<QuotaName, number>([
    ['buses', buses.filter(({ name }) => name !== defaultBusName).length],
    ['rules-per-bus', most(buses.map(bus => bus.rules.size))],
    ['targets-per-rule', most(rules.map(({ spec }) => spec.targets.length))],
    ['subscriptions-per-topic', most(own(snapshot.topics).map(topic => topic.subscriptions.size))],
    ['layers', new Set(own(snapshot.layers).map(({ name }) => name)).size],
    ['log-stores', countOf(account, snapshot.logStores.values())],
    ...plainKinds.map(kind => [kind, countOf(account, snapshot[kind].values())] as const),
  ])
}

const plainKinds = [
  'streams',
  'instances',
  'functions',
  'domains',
  'queues',
  'topics',
  'users',
  'groups',
  'roles',
  'policies',
] as const

function most(counts: readonly number[]): number {
  return counts.reduce((greatest, count) => Math.max(greatest, count), 0)
}

/** The code packages of an account: of functions, their versions and layers, each once; without what `LATEST` of one function names. */
export function codesOf(account: string, { functions, layers }: Snapshot, without?: string): Set<string> {
  const codes = new Set<string>()
  for (const view of functions.values()) {
    if (view.account !== account) continue
    if (view.key !== without) codes.add(view.spec.code)
    for (const { deployment } of view.versions.values()) codes.add(deployment.spec.code)
  }
  for (const layer of layers.values()) if (layer.account === account) codes.add(layer.spec.code)
  // That of functions which are images.
  codes.delete('')
  return codes
}

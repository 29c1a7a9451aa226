import type { DomainSpec, DomainView } from '../../resources/index.ts'

export type DomainRoute = DomainSpec['routes'][number]

/**
 * The domain of a host: the exact name before the one with `*.`, which stands for one label (function-compute section
 * 9.3). `host` without port, in lower case.
 */
export function domainOf(domains: ReadonlyMap<string, DomainView>, host: string): DomainView | undefined {
  if (domains.size === 0) return undefined
  const exact = domains.get(host)
  if (exact !== undefined) return exact
  const dot = host.indexOf('.')
  return dot <= 0 ? undefined : domains.get(`*${host.slice(dot)}`)
}

/**
 * The route of a path: an exact one before those that end in `*`, of which the longest wins. `/login/*` stands for all
 * below `/login/`, not for `/login`.
 */
export function routeOf(routes: readonly DomainRoute[], path: string): DomainRoute | undefined {
  let best: DomainRoute | undefined
  for (const route of routes) {
    if (route.path === path) return route
    if (!route.path.endsWith('*') || !path.startsWith(route.path.slice(0, -1))) continue
    if (best === undefined || route.path.length > best.path.length) best = route
  }
  return best
}

import { AppError, retryNever } from '@millrace/spi'
import type { RouteAccess } from './access.ts'
import { shortened } from './translate.ts'

/** One path of the API with the methods it takes. */
export interface RouteEntry {
  /** With parameters as `:name`. */
  readonly path: string
  readonly methods: ReadonlySet<string>
  readonly isOpen: boolean
  /** What each method needs. */
  readonly access: ReadonlyMap<string, RouteAccess>
  /** Versions of interfaces that share the path, told apart by `x-acs-version`; empty for a path of one alone. */
  readonly versions: ReadonlySet<string>
}

/** All paths that exist: tells "no such path" from "not with this method", and lets tests visit every operation. */
export class RouteTable {
  private readonly byPath = new Map<
    string,
    {
      path: string
      methods: Set<string>
      isOpen: boolean
      access: Map<string, RouteAccess>
      versions: Set<string>
      shape: RegExp
    }
  >()

  /** `access` is `undefined` for open routes alone; `version` is there for paths that several interfaces share. */
  add(
    method: string | readonly string[],
    path: string,
    access: RouteAccess | undefined,
    version?: string,
  ): void {
    const entry = this.byPath.get(path) ?? {
      path,
      methods: new Set(),
      isOpen: access === undefined,
      access: new Map(),
      versions: new Set(),
      shape: shapeOf(path),
    }
    for (const one of typeof method === 'string' ? [method] : method) {
      entry.methods.add(one)
      if (access !== undefined) entry.access.set(one, access)
    }
    if (version !== undefined) entry.versions.add(version)
    this.byPath.set(path, entry)
  }

  entries(): readonly RouteEntry[] {
    return [...this.byPath.values()]
  }

  /** Why there is nothing at this URL. */
  refusal(method: string, url: string): AppError {
    const path = url.split('?', 1)[0] ?? ''
    const allowed = new Set<string>()
    for (const entry of this.byPath.values()) {
      if (entry.shape.test(path)) for (const one of entry.methods) allowed.add(one)
    }
    if (allowed.size === 0) return new AppError('http.not-found', `there is nothing at ${shortened(path)}`)
    const methods = [...allowed].sort()
    return new AppError(
      'http.method-not-allowed',
      `${shortened(path)} takes ${methods.join(', ')}, not ${method}`,
      retryNever,
      { details: { allowed: methods } },
    )
  }
}

function shapeOf(path: string): RegExp {
  const escaped = path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll(/:\w+/g, '[^/]+')}$`)
}

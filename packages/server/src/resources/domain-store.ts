import { isDeepStrictEqual } from 'node:util'
import { AppError, retryNever } from '@millrace/spi'
import { type Page, type PageOf, type PutResult, pageOf, type Resource } from './collection.ts'
import { type Control, checkRevision } from './control.ts'
import { notFound } from './errors.ts'
import { DomainSpec } from './function-parts.ts'
import { documentKey } from './records.ts'
import { sealRecord } from './secrets.ts'
import type { DomainView } from './snapshot.ts'
import { specParser } from './spec.ts'

const parseDomain = specParser('domain', DomainSpec)

export const domainKind = 'domain'

const hostExpression =
  /^(?=.{1,253}$)(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** What is stored of a domain. */
export type DomainRecord = Omit<DomainView, 'account' | 'name'>

/** Host names whose paths lead to functions; a host belongs to one account (function-compute section 9.3). */
export class DomainStore {
  private readonly control: Control

  constructor(control: Control) {
    this.control = control
  }

  /** Creates or replaces. Refuses `domain.taken` when the host is another account's. Case of the host does not matter. */
  put(account: string, host: string, spec: unknown, expected?: number): Promise<PutResult> {
    return this.control.exclusive(async () => {
      const { control } = this
      const name = hostName(host)
      const parsed = parseDomain(spec)
      checkRoutes(parsed)
      await control.host.checkParts?.domain(account, parsed)
      const before = control.domains.get(name)
      if (before !== undefined && before.account !== account) {
        throw new AppError('domain.taken', `the host ${name} belongs to another account`, retryNever)
      }
      checkRevision('domain', name, before?.revision ?? 0, expected)
      if (before !== undefined && isDeepStrictEqual(before.spec, parsed)) {
        return { created: false, revision: before.revision }
      }
      if (before === undefined) control.checkRoom('domains', account, control.domains)
      const updatedAtMs = control.host.clock.nowMs()
      const record: DomainRecord = {
        spec: parsed,
        revision: (before?.revision ?? 0) + 1,
        createdAtMs: before?.createdAtMs ?? updatedAtMs,
        updatedAtMs,
      }
      const stored = sealRecord(record, control.host.secrets)
      await control.host.documents.put(documentKey(domainKind, account, name), stored)
      control.domains.set(name, { account, name, ...record })
      control.publish()
      return { created: before === undefined, revision: record.revision }
    })
  }

  get(account: string, host: string): Resource<DomainSpec> {
    const name = host.toLowerCase()
    const domain = this.control.domains.get(name)
    if (domain?.account !== account) throw notFound('domain', name)
    return domain
  }

  list(account: string, page: Page): PageOf<DomainSpec> {
    return pageOf(
      [...this.control.domains.values()].filter(domain => domain.account === account),
      page,
    )
  }

  delete(account: string, host: string, expected?: number): Promise<void> {
    return this.control.exclusive(async () => {
      const { name, revision } = this.get(account, host)
      checkRevision('domain', name, revision, expected)
      await this.control.host.documents.delete(documentKey(domainKind, account, name))
      this.control.domains.delete(name)
      this.control.publish()
    })
  }
}

function hostName(host: string): string {
  const name = host.toLowerCase()
  if (hostExpression.test(name)) return name
  throw new AppError(
    'resource.name-invalid',
    `a domain has the name of a host: labels of letters, digits and "-", at most 253 characters, with "*." in front for any one label`,
    retryNever,
    { details: { kind: 'domain', limit: 253, seen: host.length } },
  )
}

function checkRoutes({ routes }: DomainSpec): void {
  for (const [index, { path, rewrite }] of routes.entries()) {
    const star = path.indexOf('*')
    if (star !== -1 && star !== path.length - 1) {
      throw invalid(`routes.${index}.path`, 'may have one "*", at its end')
    }
    for (const { match } of rewrite?.regex ?? []) {
      if (!compiles(match)) throw invalid(`routes.${index}.rewrite.regex`, 'is no regular expression')
    }
  }
}

function compiles(expression: string): boolean {
  try {
    return new RegExp(expression).source.length > 0
  } catch {
    return false
  }
}

function invalid(path: string, reason: string): AppError {
  return new AppError('domain.invalid', `${path} ${reason}`, retryNever, { details: { path } })
}

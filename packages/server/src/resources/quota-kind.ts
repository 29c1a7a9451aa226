import { notFound } from './errors.ts'
import type { NamedKind } from './named-store.ts'
import { isQuotaName, QuotaSpec } from './quota.ts'
import { specParser } from './spec.ts'

/** Quotas as documents: only those that were set; there are as many as the catalogue has, at most. */
export const quotaKind: NamedKind<QuotaSpec> = {
  title: 'quota',
  of: control => control.quotas,
  quota: undefined,
  parse: specParser('quota', QuotaSpec),
  complete: (_host, _account, spec) => Promise.resolve(spec),
  checkName: (_host, name) => {
    if (!isQuotaName(name)) throw notFound('quota', name)
  },
  checkUnused: () => {},
}

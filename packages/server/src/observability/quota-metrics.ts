import { Gauge, type Registry } from '@prometheus-io/client'

/** What an account may have, and how much of it it uses where that can be counted. */
export interface QuotaUse {
  readonly name: string
  readonly limit: number
  readonly used: number | undefined
}

/** Of all accounts, asked for at each scrape. */
export type QuotaUses = () => Promise<Iterable<readonly [account: string, uses: readonly QuotaUse[]]>>

/** `millrace_quota_used` and `millrace_quota_limit`. There are as many accounts as have keys of their own. */
export function quotaMetrics(registry: Registry, uses: QuotaUses): void {
  quotaGauge(registry, uses, {
    name: 'millrace_quota_limit',
    help: "How much an account may have, by the platform's own API.",
    valueOf: ({ limit }) => limit,
  })
  quotaGauge(registry, uses, {
    name: 'millrace_quota_used',
    help: 'How much of a quota an account uses; of a rate, about the last second.',
    valueOf: ({ used }) => used,
  })
}

interface QuotaGauge {
  readonly name: string
  readonly help: string
  valueOf(this: void, use: QuotaUse): number | undefined
}

function quotaGauge(registry: Registry, uses: QuotaUses, { name, help, valueOf }: QuotaGauge): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames: ['account', 'quota'],
    registers: [],
    async collect() {
      this.reset()
      for (const [account, all] of await uses()) {
        for (const use of all) {
          const value = valueOf(use)
          if (value !== undefined) this.set({ account, quota: use.name }, value)
        }
      }
    },
  })
  registry.registerMetric(gauge)
}

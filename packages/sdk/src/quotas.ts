import type { Transport } from './transport.ts'

/** Something of which an account has only so much. */
export interface QuotaState {
  name: string
  description: string
  unit: 'count' | 'bytes' | 'per second'
  /** `account`, or `bus`, `rule`, `topic` where each of them has its own. */
  per: string
  /** In force by the platform's own API. */
  limit: number
  default: number
  /** Whether it was set for the account. */
  set: boolean
  /** Compatible interfaces that allow less. */
  interfaces: Readonly<Record<string, number>>
  /** Of a rate: about what the last second took; absent where only an interface can count. */
  used?: number
}

/** How much accounts may have, and use. Other accounts than one's own are told to the account that runs the server only. */
export class QuotasClient {
  private readonly transport: Transport

  constructor(transport: Transport) {
    this.transport = transport
  }

  /** Of the own account unless told. */
  async list(account?: string): Promise<QuotaState[]> {
    const path = account === undefined ? '/api/v1/quotas' : quotasPath(account)
    return (await this.transport.json<{ items: QuotaState[] }>('GET', path)).items
  }

  /** In force at once, by every interface. What is there already stays. */
  set(account: string, name: string, limit: number): Promise<QuotaState> {
    return this.transport.json('PUT', `${quotasPath(account)}/${encodeURIComponent(name)}`, { limit })
  }

  /** Goes back to the default. */
  reset(account: string, name: string): Promise<void> {
    return this.transport.json('DELETE', `${quotasPath(account)}/${encodeURIComponent(name)}`)
  }

  /** All accounts that have a key of their own. */
  async accounts(): Promise<string[]> {
    const { items } = await this.transport.json<{ items: { account: string }[] }>('GET', '/api/v1/accounts')
    return items.map(({ account }) => account)
  }
}

function quotasPath(account: string): string {
  return `/api/v1/accounts/${encodeURIComponent(account)}/quotas`
}

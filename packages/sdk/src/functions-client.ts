import { ResourceClient } from './resource-client.ts'
import type { FunctionSpec, Resource } from './resources.ts'
import type { Transport } from './transport.ts'

/** The functions of the account. */
export class FunctionsClient extends ResourceClient<FunctionSpec> {
  constructor(transport: Transport) {
    super(transport, '/api/v1/functions')
  }

  /** The definition of `LATEST`, of a version, or of the version that an alias points to. */
  override get(name: string, qualifier?: string): Promise<Resource<FunctionSpec>> {
    const query = qualifier === undefined ? '' : `?qualifier=${encodeURIComponent(qualifier)}`
    return this.transport.json('GET', this.pathOf(name) + query)
  }

  /** Deletes it with its versions, aliases and settings; one that has triggers only when `force` is set. */
  override delete(name: string, options: { force?: boolean } = {}): Promise<void> {
    return this.transport.json('DELETE', this.pathOf(name) + (options.force === true ? '?force=true' : ''))
  }

  /** Instances that are kept for the function and limit it; `null` when there are none. */
  async reserved(name: string): Promise<number | null> {
    const path = `${this.pathOf(name)}/reserved`
    return (await this.transport.json<{ instances: number | null }>('GET', path)).instances
  }

  /** Keeps instances for the function, which also limits it to them; 0 shuts it. */
  async reserve(name: string, instances: number): Promise<void> {
    await this.transport.json('PUT', `${this.pathOf(name)}/reserved`, { instances })
  }

  unreserve(name: string): Promise<void> {
    return this.transport.json('DELETE', `${this.pathOf(name)}/reserved`)
  }

  /** Refuses calls from now on; callers are told the reason. */
  async disable(name: string, reason = ''): Promise<void> {
    await this.transport.json('POST', `${this.pathOf(name)}/disable`, { reason })
  }

  async enable(name: string): Promise<void> {
    await this.transport.json('POST', `${this.pathOf(name)}/enable`)
  }
}

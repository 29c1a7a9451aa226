import type { Page, PutResult, Resource } from './resources.ts'
import type { Transport } from './transport.ts'

/** Get, list, put and delete of one kind of resource; `scope` is what a name is unique within. */
export class ResourceClient<Spec> {
  protected readonly transport: Transport
  protected readonly path: string

  constructor(transport: Transport, path: string) {
    this.transport = transport
    this.path = path
  }

  get(name: string): Promise<Resource<Spec>> {
    return this.transport.json('GET', this.pathOf(name))
  }

  list(options: { after?: string; limit?: number } = {}): Promise<Page<Resource<Spec>>> {
    const query = new URLSearchParams()
    if (options.after !== undefined) query.set('after', options.after)
    if (options.limit !== undefined) query.set('limit', String(options.limit))
    return this.transport.json('GET', `${this.path}?${query.toString()}`)
  }

  /** All resources, page after page. */
  async *all(): AsyncGenerator<Resource<Spec>> {
    let after: string | undefined
    do {
      const page: Page<Resource<Spec>> = await this.list(after === undefined ? {} : { after })
      yield* page.items
      after = page.next
    } while (after !== undefined)
  }

  /** Creates or replaces; the same spec again changes nothing. With a revision, only if it has that; 0: only if it is new. */
  put(name: string, spec: Spec, options: { revision?: number } = {}): Promise<PutResult> {
    const headers = preconditionOf(options.revision)
    return this.transport.json('PUT', this.pathOf(name), spec, { headers })
  }

  delete(name: string): Promise<void> {
    return this.transport.json('DELETE', this.pathOf(name))
  }

  /** What is going on with it right now: positions and lag of a bus, backlog of a rule's targets, instances of a function. */
  status(name: string): Promise<Record<string, unknown>> {
    return this.transport.json('GET', `${this.pathOf(name)}/status`)
  }

  protected pathOf(name: string): string {
    return `${this.path}/${encodeURIComponent(name)}`
  }
}

function preconditionOf(revision: number | undefined): Record<string, string> {
  if (revision === undefined) return {}
  return revision === 0 ? { 'if-none-match': '*' } : { 'if-match': `"${revision}"` }
}

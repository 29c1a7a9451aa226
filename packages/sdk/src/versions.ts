import type { FunctionVersion, LayerSpec, LayerVersion } from './function-parts.ts'
import type { Page } from './resources.ts'
import type { Transport } from './transport.ts'

/** The published versions of one function. */
export class VersionsClient {
  private readonly transport: Transport
  private readonly path: string

  constructor(transport: Transport, name: string) {
    this.transport = transport
    this.path = `/api/v1/functions/${encodeURIComponent(name)}/versions`
  }

  /** All versions, page after page. */
  all(): AsyncGenerator<FunctionVersion> {
    return pages(this.transport, this.path)
  }

  /** Keeps `LATEST` as it is now under the next number. */
  publish(description = ''): Promise<FunctionVersion> {
    return this.transport.json('POST', this.path, { description })
  }

  delete(version: string): Promise<void> {
    return this.transport.json('DELETE', `${this.path}/${encodeURIComponent(version)}`)
  }
}

/** Layers and their versions. */
export class LayersClient {
  private readonly transport: Transport
  private readonly path = '/api/v1/layers'

  constructor(transport: Transport) {
    this.transport = transport
  }

  /** The newest version of each layer, page after page. */
  all(): AsyncGenerator<LayerVersion> {
    return pages(this.transport, this.path)
  }

  versions(name: string): AsyncGenerator<LayerVersion> {
    return pages(this.transport, this.pathOf(name))
  }

  /** Adds the next version of a layer, or the first. */
  publish(name: string, spec: LayerSpec): Promise<LayerVersion> {
    return this.transport.json('POST', this.pathOf(name), spec)
  }

  delete(name: string, version: number): Promise<void> {
    return this.transport.json('DELETE', `${this.pathOf(name)}/${version}`)
  }

  private pathOf(name: string): string {
    return `${this.path}/${encodeURIComponent(name)}/versions`
  }
}

async function* pages<Item>(transport: Transport, path: string): AsyncGenerator<Item> {
  let after: string | undefined
  do {
    const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`
    const page: Page<Item> = await transport.json('GET', path + query)
    yield* page.items
    after = page.next
  } while (after !== undefined)
}

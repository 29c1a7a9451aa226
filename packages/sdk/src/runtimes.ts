import { MillraceError } from './error.ts'
import type { Transport } from './transport.ts'

/** A runtime that functions can ask for. */
export interface RuntimeInfo {
  name: string
  language: string
  /** Exact, such as `24.21.0`. */
  version: string
  /** It was installed through the server, and can be removed through it. */
  added: boolean
}

export interface AddRuntimeOptions {
  /** Is told what the server is doing, a line at a time. */
  onProgress?: (line: string) => void
  /** Gives the installation up. */
  signal?: AbortSignal
}

interface Message {
  progress?: string
  runtime?: RuntimeInfo
  error?: { code: string; detail: string }
}

/** What functions can run on, on the node that answers. */
export class RuntimesClient {
  private readonly transport: Transport
  private readonly path = '/api/v1/runtimes'

  constructor(transport: Transport) {
    this.transport = transport
  }

  async list(): Promise<RuntimeInfo[]> {
    return (await this.transport.json<{ items: RuntimeInfo[] }>('GET', this.path)).items
  }

  /** Has the server install a runtime; resolves when functions can ask for it. The server bounds the time. */
  async add(name: string, { onProgress, signal }: AddRuntimeOptions = {}): Promise<RuntimeInfo> {
    for await (const { data } of this.transport.events(this.pathOf(name), signal, 'POST')) {
      const { progress, runtime, error } = JSON.parse(data) as Message
      if (progress !== undefined) onProgress?.(progress)
      if (error !== undefined) throw new MillraceError(error.code, error.detail, 0, error)
      if (runtime !== undefined) return runtime
    }
    throw new MillraceError('client.unreadable', `the server ended before ${name} was installed`, 0)
  }

  /** Removes what `add` has installed. */
  delete(name: string): Promise<void> {
    return this.transport.json('DELETE', this.pathOf(name))
  }

  private pathOf(name: string): string {
    return `${this.path}/${encodeURIComponent(name)}`
  }
}

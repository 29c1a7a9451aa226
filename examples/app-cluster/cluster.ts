import { EventEmitter, once } from 'node:events'
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Change, Deployment, Scale } from './functions/scale/kubernetes.mts'

/** How the stand-in behaves. */
export interface ClusterOptions {
  readonly token: string
  /** Any free one without it. */
  readonly port?: number
  /** Pods that fit; more make the deployment overdue. */
  readonly podsMax: number
  /** How long a pod takes to become ready, in milliseconds. */
  readonly podMs: number
  /** To serve HTTPS; plain HTTP without it. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

interface Kind {
  readonly apiVersion: string
  readonly kind: string
}

interface Patch {
  readonly metadata?: { readonly resourceVersion?: string }
  readonly spec: { readonly replicas: number }
}

const deployments = '/apis/apps/v1/namespaces/media/deployments'
const name = 'transcoder'
const changesMax = 1_000

/**
 * A stand-in for a cluster with one deployment, `media/transcoder`: it answers the calls of the application as the published API
 * says a kube-apiserver does, with versions, conflicts and watches, and its pods become ready one by one. It is not the real one.
 */
export class StandInCluster implements AsyncDisposable {
  readonly #options: ClusterOptions
  readonly #server
  readonly #changes: Change[] = []
  readonly #news = new EventEmitter<{ change: [] }>()
  #deployment: Deployment
  #timer: NodeJS.Timeout | undefined
  #interferences = 0
  #forgotten = 0
  /** Answers by their status. */
  readonly answers: Record<number, number> = {}
  /** The numbers of available pods that there were, one after the other. */
  readonly available: number[] = [1]
  token: string

  private constructor(options: ClusterOptions) {
    this.#options = options
    this.token = options.token
    this.#deployment = {
      metadata: { resourceVersion: '1000', generation: 1 },
      spec: { replicas: 1 },
      status: { observedGeneration: 1, updatedReplicas: 1, availableReplicas: 1, conditions: [] },
    }
    const listener: RequestListener = (request, response) => void this.#serve(request, response)
    this.#server = options.tls === undefined ? createHttp(listener) : createHttps(options.tls, listener)
  }

  static async start(options: ClusterOptions): Promise<StandInCluster> {
    const cluster = new StandInCluster(options)
    cluster.#server.listen(options.port ?? 0, '127.0.0.1')
    await once(cluster.#server, 'listening')
    return cluster
  }

  get url(): string {
    const scheme = this.#options.tls === undefined ? 'http' : 'https'
    return `${scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get replicas(): number {
    return this.#deployment.spec.replicas
  }

  /** After the next answer about the scale somebody else adds a replica, before whoever asked can write. */
  interfere(): void {
    this.#interferences++
  }

  /** The next watch is told that what it asks for was forgotten, as one that comes late is. */
  forget(): void {
    this.#forgotten++
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer)
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    const isScale = pathname === `${deployments}/${name}/scale`
    const call = `${request.method} ${isScale ? 'scale' : pathname === `${deployments}/${name}` ? 'deployment' : ''}`
    if (request.headers.authorization !== `Bearer ${this.token}`) this.#refuse(response, 401, 'Unauthorized')
    else if (call === 'GET deployment') this.#answer(response, 200, this.#described())
    else if (call === 'GET scale') this.#answerScale(response)
    else if (call === 'PATCH scale') await this.#patch(request, response)
    else if (request.method === 'GET' && pathname === deployments && searchParams.get('watch') === 'true')
      this.#watch(Number(searchParams.get('resourceVersion')), response)
    else this.#refuse(response, 404, 'NotFound')
  }

  #answerScale(response: ServerResponse): void {
    this.#answer(response, 200, this.#scale())
    if (this.#interferences === 0) return
    this.#interferences--
    this.#setReplicas(this.replicas + 1)
  }

  async #patch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const patch = JSON.parse(await text(request)) as Patch
    const version = patch.metadata?.resourceVersion
    if (request.headers['content-type'] !== 'application/merge-patch+json') {
      return this.#refuse(response, 415, 'UnsupportedMediaType')
    }
    if (version !== undefined && version !== this.#deployment.metadata.resourceVersion) {
      return this.#refuse(response, 409, 'Conflict')
    }
    this.#setReplicas(patch.spec.replicas)
    this.#answer(response, 200, this.#scale())
  }

  /** What was since the version, then what comes, one line each. */
  #watch(version: number, response: ServerResponse): void {
    this.#count(200)
    response.writeHead(200, { 'content-type': 'application/json' })
    if (this.#forgotten > 0) {
      this.#forgotten--
      response.end(`${JSON.stringify({ type: 'ERROR', object: statusOf(410, 'Expired') })}\n`)
      return
    }
    let seen = version
    const send = (): void => {
      for (const change of this.#changes) {
        const its = Number(change.object.metadata.resourceVersion)
        if (its > seen) response.write(`${JSON.stringify(change)}\n`)
        seen = Math.max(seen, its)
      }
    }
    send()
    this.#news.on('change', send)
    response.on('close', () => this.#news.off('change', send))
  }

  #setReplicas(replicas: number): void {
    const { metadata, status } = this.#deployment
    this.#change({
      metadata: { ...metadata, generation: metadata.generation + 1 },
      spec: { replicas },
      status,
    })
    this.#timer ??= setTimeout(() => this.#reconcile(), this.#options.podMs)
  }

  /** What controllers and nodes do: one pod more, and so on, until there are enough or no room is left. */
  #reconcile(): void {
    this.#timer = undefined
    const { metadata, spec, status } = this.#deployment
    const pods = Math.min((status.availableReplicas ?? 0) + 1, spec.replicas, this.#options.podsMax)
    const isStuck = pods < spec.replicas && pods === status.availableReplicas
    const message = `pods "${name}" is forbidden: exceeded quota: pods=${this.#options.podsMax}`
    const overdue = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message }
    this.#change({
      metadata,
      spec,
      status: {
        observedGeneration: metadata.generation,
        updatedReplicas: pods,
        availableReplicas: pods,
        conditions: isStuck ? [overdue] : [],
      },
    })
    if (pods !== this.available.at(-1)) this.available.push(pods)
    if (pods < spec.replicas && !isStuck)
      this.#timer = setTimeout(() => this.#reconcile(), this.#options.podMs)
  }

  #change(deployment: Deployment): void {
    const resourceVersion = String(Number(this.#deployment.metadata.resourceVersion) + 1)
    this.#deployment = { ...deployment, metadata: { ...deployment.metadata, resourceVersion } }
    this.#changes.push({ type: 'MODIFIED', object: this.#described() })
    if (this.#changes.length > changesMax) this.#changes.shift()
    this.#news.emit('change')
  }

  #described(): Deployment & Kind {
    const { metadata, ...rest } = this.#deployment
    const named = { name, namespace: 'media', ...metadata }
    return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: named, ...rest }
  }

  #scale(): Scale & Kind & { status: { replicas: number } } {
    const { metadata, spec, status } = this.#deployment
    const named = { name, namespace: 'media', resourceVersion: metadata.resourceVersion }
    const current = { replicas: status.availableReplicas ?? 0 }
    return { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: named, spec, status: current }
  }

  #refuse(response: ServerResponse, code: number, reason: string): void {
    this.#answer(response, code, statusOf(code, reason))
  }

  #answer(response: ServerResponse, status: number, body: object): void {
    this.#count(status)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

  #count(status: number): void {
    this.answers[status] = (this.answers[status] ?? 0) + 1
  }
}

function statusOf(code: number, reason: string): object {
  return { apiVersion: 'v1', kind: 'Status', status: 'Failure', reason, message: `${name}: ${reason}`, code }
}

import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

/** A deployment, as far as scaling it looks at it. */
export interface Deployment {
  readonly metadata: { readonly resourceVersion: string; readonly generation: number }
  readonly spec: { readonly replicas: number }
  readonly status: {
    readonly observedGeneration?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
      readonly message?: string
    }[]
  }
}

/** How many replicas there shall be, and the version of that answer. */
export interface Scale {
  readonly metadata: { readonly resourceVersion: string }
  readonly spec: { readonly replicas: number }
}

/** One line of a watch. An `ERROR` carries a status instead of a deployment. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: Deployment
}

/** Where the cluster is, and the service account that may `get` and `watch` deployments and `get` and `patch` their scale. */
export interface Cluster {
  readonly url: string
  readonly token: string
  /** PEM certificate of the cluster's own authority. */
  readonly authority: string | undefined
  readonly namespace: string
  readonly deployment: string
}

/** An answer of the API that is no success. */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * The four calls that scaling a deployment takes, by the API itself: kubernetes.io/docs/reference/using-api/api-concepts.
 * All reject with an ApiError for what the API refuses.
 */
export class DeploymentApi {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  get(signal: AbortSignal): Promise<Deployment> {
    return this.#json('GET', `/${this.#cluster.deployment}`, signal)
  }

  scale(signal: AbortSignal): Promise<Scale> {
    return this.#json('GET', `/${this.#cluster.deployment}/scale`, signal)
  }

  /** Refused with 409 when the scale was changed since it had this version. */
  setScale(replicas: number, resourceVersion: string, signal: AbortSignal): Promise<Scale> {
    const patch = { metadata: { resourceVersion }, spec: { replicas } }
    return this.#json('PATCH', `/${this.#cluster.deployment}/scale`, signal, patch)
  }

  /** What becomes of the deployment after this version, for as long as the server wishes. */
  async *watch(resourceVersion: string, signal: AbortSignal): AsyncGenerator<Change> {
    const query = new URLSearchParams({
      watch: 'true',
      fieldSelector: `metadata.name=${this.#cluster.deployment}`,
      resourceVersion,
      allowWatchBookmarks: 'true',
      timeoutSeconds: '300',
    })
    const response = await this.#call('GET', `?${query.toString()}`, signal)
    try {
      for await (const line of createInterface({ input: response })) yield JSON.parse(line) as Change
    } finally {
      // Whoever has seen enough ends the watch; the server would go on.
      response.destroy()
    }
  }

  async #json<Answer>(method: string, path: string, signal: AbortSignal, patch?: object): Promise<Answer> {
    const response = await this.#call(method, path, signal, patch)
    return JSON.parse(await text(response)) as Answer
  }

  async #call(method: string, path: string, signal: AbortSignal, patch?: object): Promise<IncomingMessage> {
    const { url, token, authority, namespace } = this.#cluster
    const target = `${url}/apis/apps/v1/namespaces/${namespace}/deployments${path}`
    const request = url.startsWith('https:') ? requestHttps : requestHttp
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...(patch === undefined ? {} : { 'content-type': 'application/merge-patch+json' }),
    }
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(target, { method, headers, signal, ...(authority === undefined ? {} : { ca: authority }) })
        .on('response', resolve)
        .on('error', reject)
        .end(patch === undefined ? undefined : JSON.stringify(patch))
    })
    const { statusCode = 0 } = response
    if (statusCode >= 200 && statusCode < 300) return response
    throw new ApiError(statusCode, `the cluster answered ${statusCode}: ${messageOf(await text(response))}`)
  }
}

function messageOf(body: string): string {
  try {
    return String((JSON.parse(body) as { message?: unknown }).message)
  } catch {
    return body.slice(0, 200)
  }
}

import type { AddressInfo } from 'node:net'
import { AppError } from '@millrace/spi'
import { type AuthenticationScheme, authenticatorOf, type Keys } from '../auth/index.ts'
import { type ApplicationParts, createApplication } from './application.ts'
import { AwsDoor } from './aws/index.ts'
import { allErrorCatalogues } from './catalogue.ts'
import { consoleRoutes } from './console/index.ts'
import { mergeCatalogues, problemMaker } from './error-body.ts'
import { eventBridgeRoutes } from './eventbridge/index.ts'
import { functionComputeRoutes } from './fc/index.ts'
import { healthRoutes } from './health.ts'
import { HookDoor } from './hooks/index.ts'
import { defaultHttpLimits, type HttpLimits } from './limits.ts'
import { Lingering } from './linger.ts'
import { Permits } from './permits.ts'
import { ramService } from './ram/index.ts'
import { createRefuser } from './refuse.ts'
import { describeApplication, PublishDoor, restRoutes } from './rest/index.ts'
import { certificateRoute, MnsDoor } from './mns/index.ts'
import { RpcDoor } from './rpc-door.ts'
import { type RpcService, rpcServiceRoutes } from './rpc-service.ts'
import type { RouteEntry } from './route-table.ts'
import type { Services } from './services.ts'
import { SlsDoor } from './sls/index.ts'
import { SilentConnections } from './silent-connections.ts'
import { stsService } from './sts/index.ts'
import { TriggerDoor } from './triggers/index.ts'

export interface ListenerOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** The ways to present credentials, in the order in which they are tried. */
  readonly schemes: readonly AuthenticationScheme[]
  /** Keys whose signatures HTTP triggers take. Default: none. */
  readonly credentials?: Keys
  readonly limits?: Partial<HttpLimits>
}

/**
 * The one door for all APIs. Disposing closes it: no new connections, requests in flight are finished, live tails end,
 * and what is still open after `drainMs` is cut. Safe to dispose twice.
 */
export interface Listener extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Such as `http://127.0.0.1:8400`. */
  readonly url: string
  readonly routes: readonly RouteEntry[]
  /** Names of what takes requests before the router does, each with a table of its own. */
  readonly doors: readonly string[]
}

/** Resolves when requests are served. Rejects with `http.listen-failed` when the address cannot be had. */
export async function listen(services: Services, options: ListenerOptions): Promise<Listener> {
  const limits = { ...defaultHttpLimits, ...options.limits }
  const closing = new AbortController()
  const authenticate = authenticatorOf(options.schemes)
  const challenges = options.schemes.map(scheme => scheme.challenge)
  const makeProblem = problemMaker(mergeCatalogues(allErrorCatalogues), challenges)
  const lingering = new Lingering(services.clock, limits.lingerMs)
  const refuse = createRefuser(services, makeProblem, lingering)
  const permits = new Permits(services)
  const { signal } = closing
  const credentials = options.credentials ?? []
  const parts = { services, limits, authenticate, permits, refuse, credentials, closing: signal }
  const doors = openDoors(parts, options.host)
  const { app, routes } = createApplication({
    ...parts,
    observer: services.observer,
    makeProblem,
    lingering,
    takeFirst: takeFirst(doors, services.audit),
    audit: services.audit,
  })
  const silent = new SilentConnections(app.server)
  await describeApplication(app, services.node.version)
  healthRoutes(app, services)
  app.register(consoleRoutes({ ...parts, routes }))
  certificateRoute(app, services)
  app.register(restRoutes({ ...parts, door: doors.door }), { prefix: '/api/v1' })
  app.register(eventBridgeRoutes(parts))
  app.register(functionComputeRoutes(parts))
  for (const service of rpcServices(parts)) app.register(rpcServiceRoutes(service, parts))
  try {
    await app.listen({ host: options.host, port: options.port })
  } catch (thrown) {
    await app.close()
    throw listenFailed(options, thrown)
  }
  const { address, port } = app.server.address() as AddressInfo
  const host = address.includes(':') ? `[${address}]` : address
  let closed: Promise<void> | undefined

  async function close(): Promise<void> {
    closing.abort()
    const { clock } = services
    const force = clock.timer(limits.drainMs, () => app.server.closeAllConnections())
    // A connection whose last request ends while we close would be kept alive: nobody else closes those.
    let sweep = clock.timer(sweepMs, function again() {
      app.server.closeIdleConnections()
      silent.close()
      sweep = clock.timer(sweepMs, again)
    })
    try {
      await app.close()
    } finally {
      force[Symbol.dispose]()
      sweep[Symbol.dispose]()
    }
  }

  return {
    host: address,
    port,
    url: `http://${host}:${port}`,
    routes: routes.entries(),
    doors: Object.keys(doors),
    [Symbol.asyncDispose]: () => (closed ??= close()),
  }
}

function openDoors(parts: DoorParts, host: string): RawDoors {
  return {
    triggers: new TriggerDoor({ ...parts, host }),
    hooks: new HookDoor(parts),
    sls: new SlsDoor(parts),
    mns: new MnsDoor(parts),
    aws: new AwsDoor(parts),
    rpc: new RpcDoor(parts, rpcServices(parts)),
    door: new PublishDoor(parts),
  }
}

/** Those of the RPC style, whichever way their clients sign. */
function rpcServices(parts: DoorParts): [RpcService, ...RpcService[]] {
  return [stsService(parts), ramService(parts)]
}

/** What doors are made of. */
type DoorParts = ConstructorParameters<typeof PublishDoor>[0] & ConstructorParameters<typeof MnsDoor>[0]

/** The doors that take requests before the framework does. */
interface RawDoors {
  readonly triggers: TriggerDoor
  readonly hooks: HookDoor
  readonly sls: SlsDoor
  readonly mns: MnsDoor
  readonly aws: AwsDoor
  readonly rpc: RpcDoor
  readonly door: PublishDoor
}

/** What is not the framework's: requests of triggers, a domain's before everything else, to streams and queues, of clients of log services, AWS and the RPC style, and events. */
function takeFirst(
  { triggers, hooks, sls, mns, aws, rpc, door }: RawDoors,
  audit: Services['audit'],
): ApplicationParts['takeFirst'] {
  return (request, response) => {
    const claim = triggers.claim(request)
    if (claim !== undefined) {
      void triggers.handle(request, response, claim)
      return true
    }
    if (HookDoor.claims(request)) {
      void hooks.handle(request, response)
      return true
    }
    if (SlsDoor.claims(request)) {
      audit.watch(request, response)
      void sls.handle(request, response)
      return true
    }
    if (MnsDoor.claims(request)) {
      audit.watch(request, response)
      void mns.handle(request, response)
      return true
    }
    if (AwsDoor.claims(request)) {
      audit.watch(request, response)
      void aws.handle(request, response)
      return true
    }
    if (RpcDoor.claims(request)) {
      audit.watch(request, response)
      void rpc.handle(request, response)
      return true
    }
    const bus = PublishDoor.busOf(request)
    if (bus === undefined) audit.watch(request, response)
    else void door.handle(request, response, bus)
    return bus !== undefined
  }
}

/** Pause between two looks for connections that have become idle while closing. */
const sweepMs = 20

function listenFailed({ host, port }: ListenerOptions, thrown: unknown): AppError {
  const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown reason'
  return new AppError('http.listen-failed', `cannot listen on ${host}:${port}: ${reason}`, undefined, {
    cause: thrown,
  })
}

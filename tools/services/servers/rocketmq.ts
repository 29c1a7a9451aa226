import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fetchJars, findProgram } from '../install/index.ts'
import { archiveClasses, javaOptions } from '../java.ts'
import { cacheFolder } from '../place.ts'
import type { Instance, Server, ServiceHandle } from '../server.ts'
import {
  askRocketmqProxy,
  createRocketmqGroup,
  createRocketmqTopic,
  deleteRocketmqTopic,
  hasRocketmqRoute,
  rocketmqBrokers,
  type RocketmqTopicType,
} from '../wire/index.ts'

/** Apache RocketMQ 5: a name server, and a broker with the proxy in one process. */
export interface RocketmqService extends ServiceHandle {
  /** Endpoint of the 5.x clients: gRPC, with or without TLS. */
  readonly address: string
  /** Name server, for clients of the remoting protocol. */
  readonly nameServerAddress: string
  /** Creates a topic and waits until clients can find it; nothing is created by use. */
  createTopic(name: string, type?: RocketmqTopicType, queues?: number): Promise<void>
  /** Rejects when the broker refuses. */
  deleteTopic(name: string): Promise<void>
  /** Whether clients can find the topic. */
  hasTopic(name: string): Promise<boolean>
  /** Creates a consumer group; an ordered one receives the messages of FIFO topics in order. */
  createConsumerGroup(
    name: string,
    options?: { readonly ordered?: boolean; readonly attemptsMax?: number },
  ): Promise<void>
}

declare module '../server.ts' {
  interface Services {
    rocketmq: RocketmqService
  }
}

const version = '5.5.0'
const brokerName = 'broker-a'
const clusterName = 'DefaultCluster'
const nameServerHeapMegabytes = 64
const brokerHeapMegabytes = 320
const adminWithinMs = 15_000
const pollMs = 50
const attemptsMaxDefault = 16

/** What the broker's buffers need of Java's inner modules since Java 17. */
const innerModules = [
  '--add-opens=java.base/java.nio=ALL-UNNAMED',
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
  '--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED',
  '-XX:MaxDirectMemorySize=256m',
]

const settingsFolder = join(import.meta.dirname, 'rocketmq')
const cache = () => cacheFolder(`rocketmq-${version}`)
const jars = () => join(cache(), 'jars')
const nameServerArchive = () => join(cache(), 'name-server.jsa')
const brokerArchive = () => join(cache(), 'broker.jsa')

const nameServer = ({ folder }: Instance) => ({
  jarsFolder: jars(),
  heapMegabytes: nameServerHeapMegabytes,
  archive: nameServerArchive(),
  options: [`-Duser.home=${folder}`],
})

const broker = ({ folder }: Instance) => ({
  jarsFolder: jars(),
  heapMegabytes: brokerHeapMegabytes,
  archive: brokerArchive(),
  options: [`-Duser.home=${folder}`, ...innerModules],
})

export const server: Server<RocketmqService> = {
  name: 'rocketmq',
  title: `Apache RocketMQ ${version}, name server, broker and proxy`,
  // The broker takes a port of its own for urgent requests, two below `broker`: 19774.
  ports: { nameServer: 19_771, grpc: 19_772, remoting: 19_773, broker: 19_776, replication: 19_777 },
  lockPort: 19_770,
  missing: () => {
    if (findProgram('java') === undefined) return 'Java'
    return existsSync(jars()) ? undefined : 'its jars'
  },
  install: print =>
    fetchJars(
      {
        pom: join(settingsFolder, 'pom.xml'),
        sums: join(settingsFolder, 'jars.sha256'),
        folder: jars(),
      },
      print,
    ),
  speedUp: () => archiveClasses(server, [nameServerArchive(), brokerArchive()]),
  prepare: instance => {
    mkdirSync(instance.dataFolder, { recursive: true })
    writeFileSync(file(instance, 'name-server.properties'), nameServerSettings(instance))
    writeFileSync(file(instance, 'broker.properties'), brokerSettings(instance))
    writeFileSync(file(instance, 'proxy.json'), JSON.stringify(proxySettings(instance)))
    return Promise.resolve()
  },
  processes: instance => [
    {
      name: 'name server',
      command: 'java',
      args: [
        ...javaOptions(nameServer(instance)),
        'org.apache.rocketmq.namesrv.NamesrvStartup',
        '-c',
        file(instance, 'name-server.properties'),
      ],
      environment: { ROCKETMQ_HOME: instance.folder },
      ready: async signal => void (await rocketmqBrokers(instance.port('nameServer'), signal)),
    },
    {
      name: 'broker and proxy',
      command: 'java',
      args: [
        ...javaOptions(broker(instance)),
        'org.apache.rocketmq.proxy.ProxyStartup',
        '-pm',
        'local',
        '-n',
        nameServerAddress(instance),
        '-bc',
        file(instance, 'broker.properties'),
        '-pc',
        file(instance, 'proxy.json'),
      ],
      environment: { ROCKETMQ_HOME: instance.folder },
      ready: async signal => {
        await askRocketmqProxy(instance.port('grpc'), 'TBW102', signal)
        const brokers = await rocketmqBrokers(instance.port('nameServer'), signal)
        if (!brokers.includes(brokerName)) throw new Error('the broker is not registered yet')
      },
    },
  ],
  handle,
}

function handle(instance: Instance): RocketmqService {
  const brokerPort = instance.port('broker')
  const nameServerPort = instance.port('nameServer')
  const address = `127.0.0.1:${instance.port('grpc')}`
  const bound = () => AbortSignal.timeout(adminWithinMs)
  return {
    name: 'rocketmq',
    address,
    nameServerAddress: nameServerAddress(instance),
    connect: `endpoints=${address} (clients of version 5, gRPC)`,
    createTopic: async (name, type = 'NORMAL', queues = 4) => {
      const signal = bound()
      await createRocketmqTopic(brokerPort, name, type, queues, signal)
      while (!(await hasRocketmqRoute(nameServerPort, name, signal)))
        await pause(pollMs, undefined, { signal })
    },
    deleteTopic: name => deleteRocketmqTopic(brokerPort, nameServerPort, name, bound()),
    hasTopic: name => hasRocketmqRoute(nameServerPort, name, bound()),
    createConsumerGroup: (name, { ordered = false, attemptsMax = attemptsMaxDefault } = {}) =>
      createRocketmqGroup(brokerPort, name, { ordered, attemptsMax }, bound()),
  }
}

function file(instance: Instance, name: string): string {
  return join(instance.folder, name)
}

function nameServerAddress(instance: Instance): string {
  return `127.0.0.1:${instance.port('nameServer')}`
}

function nameServerSettings(instance: Instance): string {
  return `listenPort=${instance.port('nameServer')}\nbindAddress=127.0.0.1\n`
}

function brokerSettings(instance: Instance): string {
  return [
    `brokerClusterName=${clusterName}`,
    `brokerName=${brokerName}`,
    'brokerId=0',
    `namesrvAddr=${nameServerAddress(instance)}`,
    'brokerIP1=127.0.0.1',
    'brokerIP2=127.0.0.1',
    'bindAddress=127.0.0.1',
    `listenPort=${instance.port('broker')}`,
    `haListenPort=${instance.port('replication')}`,
    `storePathRootDir=${instance.dataFolder}`,
    `storePathCommitLog=${join(instance.dataFolder, 'commitlog')}`,
    'brokerRole=ASYNC_MASTER',
    // What a producer was told is stored survives a kill of the process: the pages are the system's by then.
    'flushDiskType=ASYNC_FLUSH',
    'mappedFileSizeCommitLog=33554432',
    'mappedFileSizeConsumeQueue=600000',
    'autoCreateTopicEnable=false',
    'autoCreateSubscriptionGroup=false',
    'timerWheelEnable=true',
    '',
  ].join('\n')
}

function proxySettings(instance: Instance): Readonly<Record<string, string | number>> {
  return {
    rocketMQClusterName: clusterName,
    namesrvAddr: nameServerAddress(instance),
    grpcServerPort: instance.port('grpc'),
    remotingListenPort: instance.port('remoting'),
  }
}

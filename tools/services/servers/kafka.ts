import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetchJars, findProgram, runToEnd } from '../install/index.ts'
import { archiveClasses, javaOptions } from '../java.ts'
import { cacheFolder } from '../place.ts'
import type { Instance, Server, ServiceHandle } from '../server.ts'
import { createKafkaTopic, deleteKafkaTopic, kafkaMetadata, type KafkaTopic } from '../wire/index.ts'

/** One node of Apache Kafka in KRaft mode. Topics are never created by use. */
export interface KafkaService extends ServiceHandle {
  /** PLAINTEXT: every right, no user. */
  readonly address: string
  /** SASL_PLAINTEXT with mechanism PLAIN. */
  readonly saslAddress: string
  /** SASL_SSL with mechanism PLAIN; the certificate is for 127.0.0.1 and localhost, signed by itself. */
  readonly tlsAddress: string
  /** PEM file to trust for `tlsAddress`. */
  readonly authorityFile: string
  /** User with every right. */
  readonly user: { readonly name: string; readonly password: string }
  /** User whose password is right and who may do nothing. */
  readonly stranger: { readonly name: string; readonly password: string }
  /** Creates a topic with the settings; one that is there is left as it is. */
  createTopic(name: string, partitions?: number, settings?: KafkaTopic['settings']): Promise<void>
  /** Rejects when there is no such topic. */
  deleteTopic(name: string): Promise<void>
  /** Count of its partitions; `undefined` when there is no such topic. */
  partitionsOf(topic: string): Promise<number | undefined>
}

declare module '../server.ts' {
  interface Services {
    kafka: KafkaService
  }
}

const version = '4.3.1'
const user = { name: 'millrace', password: 'millrace-on-loopback' }
const stranger = { name: 'stranger', password: 'stranger-on-loopback' }
const storePassword = 'loopback'
const exchangeWithinMs = 5_000

/** The JVM's heap; one node with few topics needs no more. */
const heapMegabytes = 256
const formatHeapMegabytes = 64

const settingsFolder = join(import.meta.dirname, 'kafka')
const logging = () => `-Dlog4j2.configurationFile=${join(settingsFolder, 'log4j2.properties')}`
const cache = () => cacheFolder(`kafka-${version}`)
const jars = () => join(cache(), 'jars')
const archive = () => join(cache(), 'broker.jsa')
const java = (megabytes: number) => ({
  jarsFolder: jars(),
  heapMegabytes: megabytes,
  archive: archive(),
  options: [logging()],
})
const tls = () => join(cache(), 'tls')
const formatted = () => join(cache(), 'formatted')

export const server: Server<KafkaService> = {
  name: 'kafka',
  title: `Apache Kafka ${version}, KRaft, one node`,
  ports: { broker: 19_092, sasl: 19_093, tls: 19_094, controller: 19_095 },
  lockPort: 19_091,
  missing: () => {
    if (findProgram('java') === undefined) return 'Java'
    return [jars(), tls(), formatted()].every(path => existsSync(path)) ? undefined : 'its jars'
  },
  install: async print => {
    const pom = join(settingsFolder, 'pom.xml')
    await fetchJars({ pom, sums: join(settingsFolder, 'jars.sha256'), folder: jars() }, print)
    await makeCertificate()
    await formatOnce()
  },
  speedUp: () => archiveClasses(server, [archive()]),
  prepare: instance => {
    // Formatting takes a second of Java; what it writes is the same for every instance.
    if (!existsSync(instance.dataFolder)) cpSync(formatted(), instance.dataFolder, { recursive: true })
    writeFileSync(propertiesFile(instance.folder), properties(instance.dataFolder, instance.ports))
    return Promise.resolve()
  },
  processes: instance => [
    {
      name: 'broker',
      command: 'java',
      args: [...javaOptions(java(heapMegabytes)), 'kafka.Kafka', propertiesFile(instance.folder)],
      ready: async signal => {
        const { brokers } = await kafkaMetadata(instance.port('broker'), [], signal)
        if (brokers === 0) throw new Error('the broker is not registered yet')
      },
    },
  ],
  handle,
}

function handle(instance: Instance): KafkaService {
  const port = instance.port('broker')
  const address = `127.0.0.1:${port}`
  return {
    name: 'kafka',
    address,
    saslAddress: `127.0.0.1:${instance.port('sasl')}`,
    tlsAddress: `127.0.0.1:${instance.port('tls')}`,
    authorityFile: join(tls(), 'authority.pem'),
    user,
    stranger,
    connect: `bootstrap.servers=${address}`,
    createTopic: (name, partitions = 1, settings = {}) =>
      createKafkaTopic(port, { name, partitions, settings }),
    deleteTopic: name => deleteKafkaTopic(port, name),
    partitionsOf: async topic => {
      const { topics } = await kafkaMetadata(port, [topic], AbortSignal.timeout(exchangeWithinMs))
      return topics.get(topic)
    },
  }
}

function propertiesFile(folder: string): string {
  return join(folder, 'server.properties')
}

function properties(dataFolder: string, ports: Readonly<Record<string, number>>): string {
  const open = { PLAINTEXT: 'broker', SASL_PLAINTEXT: 'sasl', SASL_SSL: 'tls' }
  const addresses = Object.entries(open).map(([name, role]) => `${name}://127.0.0.1:${ports[role]}`)
  const users = [user, stranger].map(({ name, password }) => `user_${name}="${password}"`).join(' ')
  const login = `org.apache.kafka.common.security.plain.PlainLoginModule required ${users};`
  const controller = `127.0.0.1:${ports['controller']}`
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@${controller}`,
    `listeners=${[...addresses, `CONTROLLER://${controller}`].join(',')}`,
    `advertised.listeners=${addresses.join(',')}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT',
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    'sasl.enabled.mechanisms=PLAIN',
    `listener.name.sasl_plaintext.plain.sasl.jaas.config=${login}`,
    `listener.name.sasl_ssl.plain.sasl.jaas.config=${login}`,
    `listener.name.sasl_ssl.ssl.keystore.location=${join(tls(), 'store.p12')}`,
    `listener.name.sasl_ssl.ssl.keystore.password=${storePassword}`,
    'listener.name.sasl_ssl.ssl.keystore.type=PKCS12',
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    `super.users=User:ANONYMOUS;User:${user.name}`,
    `log.dirs=${dataFolder}`,
    'auto.create.topics.enable=false',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=2',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'share.coordinator.state.topic.num.partitions=1',
    // Tests join groups all the time; the default waits three seconds for more members.
    'group.initial.rebalance.delay.ms=0',
    'group.min.session.timeout.ms=1000',
    // A broker that comes back after a kill is let in only when its former session is over: nine seconds by default.
    'broker.session.timeout.ms=3000',
    'broker.heartbeat.interval.ms=500',
    'num.network.threads=2',
    'num.io.threads=4',
    'log.segment.bytes=67108864',
    'log.cleaner.dedupe.buffer.size=4194304',
    '',
  ].join('\n')
}

async function formatOnce(): Promise<void> {
  if (existsSync(formatted())) return
  const partial = `${formatted()}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const file = propertiesFile(cache())
  writeFileSync(file, properties(partial, server.ports))
  const cluster = 'bWlsbHJhY2Utc2VydmljZQ'
  await runToEnd('java', [
    ...javaOptions(java(formatHeapMegabytes)),
    'kafka.tools.StorageTool',
    'format',
    '-c',
    file,
    '-t',
    cluster,
  ])
  cpSync(partial, formatted(), { recursive: true })
  rmSync(partial, { recursive: true })
}

async function makeCertificate(): Promise<void> {
  if (existsSync(tls())) return
  const partial = `${tls()}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const store = ['-keystore', join(partial, 'store.p12'), '-storetype', 'PKCS12', '-storepass', storePassword]
  const subject = ['-dname', 'CN=localhost', '-ext', 'san=ip:127.0.0.1,dns:localhost', '-ext', 'bc=ca:true']
  const key = ['-alias', 'broker', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '3650']
  await runToEnd('keytool', ['-genkeypair', ...key, ...subject, ...store])
  const pem = join(partial, 'authority.pem')
  await runToEnd('keytool', ['-exportcert', '-rfc', '-alias', 'broker', '-file', pem, ...store])
  cpSync(partial, tls(), { recursive: true })
  rmSync(partial, { recursive: true })
}

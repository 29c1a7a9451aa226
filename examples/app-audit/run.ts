import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Client, createClient } from '@millrace/sdk'
import type { Result, Stage } from '../application.ts'
import { takeTexts, until } from '../testing.ts'
import type { Call, Finding } from './functions/judge.mts'
import { recordedCalls } from './recorded.ts'

const reportName = 'findings.jsonl'

/** What must be found, as "who: event: reasons"; everything else that is done must not be. */
const expected = [
  'root: CreateUser: policy widened',
  'root: CreateAccessKey: key created',
  'alice: CreatePolicy: policy widened',
  'alice: CreateAccessKey: key created',
  'alice: Authenticate: secret guessed',
  'root: ConsoleSignin: root login',
  'ops: CreatePolicyVersion: policy widened',
  'web: PutBucketAcl: unusual address',
  'web: CreateAccessKey: key created, unusual address',
].toSorted()

/** Several people do harmless and other things; each call must be judged once, and what is wrong be reported and told. */
export async function run(stage: Stage): Promise<Result> {
  const { server, signal, folder } = stage
  const { client } = server
  const report = join(folder, reportName)
  process.env['AUDIT_REPORT'] = report
  await server.millrace('apply', import.meta.dirname)

  const ending = new AbortController()
  const ended = AbortSignal.any([signal, ending.signal])
  const calls = new Map<string, Call>()
  /** What the judge has said, by the call. */
  const judged = new Map<string, string>()
  const following = [
    follow(client, 'audit', ended, event => calls.set(event['id'] as string, event as unknown as Call)),
    follow(client, 'judged', ended, ({ data }) => {
      const { requestPayload, responsePayload } = data as Record<string, string>
      judged.set((JSON.parse(requestPayload ?? '') as Call).id, responsePayload ?? '')
    }),
  ]
  await work(stage)
  await client.events.publishBatch('audit', recordedCalls)
  stage.say(`${recordedCalls.length} recorded calls of two other accounts are published`)
  const isLast = ({ subject }: Call): boolean => subject?.endsWith(`eventbus/${lastBus}`) === true
  await until(async () => {
    const all = [...calls.values()]
    return (
      all.some(isLast) &&
      all.every(({ id }) => judged.has(id)) &&
      recordedCalls.every(({ id }) => calls.has(id))
    )
  }, signal)
  const found = (): string[] => [...judged.values()].filter(verdict => verdict !== 'null')
  await until(async () => (await findingsOf(report)).length >= found().length, signal)
  ending.abort()
  await Promise.all(following)

  const findings = await findingsOf(report)
  assert.deepEqual(findings.map(summary).toSorted(), expected)
  const high = findings.filter(({ severity }) => severity === 'high')
  const alerts: string[] = []
  await until(async () => {
    alerts.push(...(await takeTexts(client, 'alerts', signal)))
    return new Set(alerts).size >= high.length
  }, signal)
  const alerted = [...new Set(alerts)].map(text => (JSON.parse(text) as Finding).call)
  assert.deepEqual(alerted.toSorted(), high.map(({ call }) => call).toSorted())
  const identities = new Set([...calls.values()].map(({ data }) => data.userIdentity?.type))
  assert.ok(identities.has('assumed-role'), 'what was done in a role is recorded as such')
  const accounts = new Set([...calls.values()].map(({ data }) => data.userIdentity?.accountId))
  accounts.delete(undefined)
  return {
    headline: `${calls.size} calls in ${accounts.size} accounts, each judged; ${findings.length} findings, ${high.length} of them alerted`,
    lines: findings.map(found => `${found.severity.padEnd(6)} ${found.account} ${summary(found)}`),
    files: [reportName],
  }
}

const lastBus = 'harmless-too'

/** What people do to this server: some of it should not be. */
async function work(stage: Stage): Promise<void> {
  const { client, settings } = stage.server
  const url = settings['MNS_ENDPOINT'] ?? ''
  await client.users.put('alice', { policies: ['AdministratorAccess'] })
  const key = await client.accessKeys('alice').create()
  const alice = createClient({ url, token: key.token })
  await alice.policies.put('orders', { document: policy('eventbridge:PutEvents', '*') })
  await alice.policies.put('everything', { document: policy('*', '*') })
  await alice.users.put('bob', { policies: ['ReadOnlyAccess'] })
  const bob = createClient({ url, token: (await alice.accessKeys('bob').create()).token })
  await assert.rejects(bob.buses.put('of-bob', {}), /not authorized/)
  await assert.rejects(createClient({ url, token: `${key.id}.a-guess` }).buses.list(), /credentials/)
  await alice.roles.put('deploy', {
    policies: ['AliyunEventBridgeFullAccess'],
    trust: {
      ...policy('sts:AssumeRole'),
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: (await alice.caller()).principal } },
      ],
    },
  })
  const { accessKeyId, accessKeySecret, securityToken } = await alice.assumeRole('deploy', {
    session: 'release-7',
  })
  const deploy = createClient({ url, token: `${accessKeyId}.${accessKeySecret}`, securityToken })
  await deploy.buses.put(lastBus, {})
  stage.say('two users, a role and the account itself have changed things')
}

function policy(Action: string, Resource?: string) {
  return {
    Version: '1' as const,
    Statement: [{ Effect: 'Allow' as const, Action, ...(Resource === undefined ? {} : { Resource }) }],
  }
}

/** Calls `seen` with each event of a bus, from its first on, until the signal aborts. */
async function follow(
  client: Client,
  bus: string,
  signal: AbortSignal,
  seen: (event: Record<string, unknown>) => void,
): Promise<void> {
  try {
    for await (const { event } of client.events.tail(bus, { from: 1, signal })) seen(event)
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  }
}

/** What is in the report, each call once: a line that was written twice is the same finding. */
async function findingsOf(path: string): Promise<Finding[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const lines = text.split('\n').filter(line => line !== '')
  const findings = lines.map(line => JSON.parse(line) as Finding)
  return [...new Map(findings.map(found => [found.call, found])).values()]
}

function summary({ who, what, reasons }: Finding): string {
  return `${who}: ${what.split(' ', 1)[0]}: ${reasons.join(', ')}`
}

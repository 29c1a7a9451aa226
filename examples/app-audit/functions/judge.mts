/** What the judge looks at of a call that somebody made (`…:ActionTrail:…`). */
export interface Call {
  readonly id: string
  readonly type: string
  readonly subject?: string
  readonly data: {
    readonly eventName: string
    readonly sourceIpAddress?: string
    readonly errorCode?: string
    readonly userIdentity?: { readonly type: string; readonly userName?: string; readonly accountId?: string }
    readonly requestParameters?: Readonly<Record<string, unknown>>
  }
}

export type Reason = 'root login' | 'policy widened' | 'key created' | 'unusual address' | 'secret guessed'

/** What somebody should look at. `severity` comes first: rules tell by it who is woken. */
export interface Finding {
  readonly severity: 'high' | 'medium'
  readonly call: string
  readonly account: string
  readonly who: string
  readonly what: string
  readonly reasons: readonly Reason[]
}

/** Answers with what is wrong with a call, or with `null` when nothing is. */
export function handler(payload: Uint8Array): Finding | null {
  const usual = (process.env['USUAL_ADDRESSES'] ?? '').split(',')
  return judge(JSON.parse(new TextDecoder().decode(payload)) as Call, usual)
}

/** `usual` are beginnings of addresses that calls come from; services of the cloud call by a name. */
export function judge({ id, subject = '', data }: Call, usual: readonly string[]): Finding | null {
  const { eventName, sourceIpAddress: address = '', userIdentity, requestParameters = {}, errorCode } = data
  const isRoot = userIdentity?.type === 'root-account'
  const isForeign = /^[\d.]+$|:/.test(address) && !usual.some(start => address.startsWith(start))
  const isGranted = errorCode === undefined
  const found: readonly (readonly [Reason, boolean])[] = [
    ['root login', isRoot && eventName === 'ConsoleSignin'],
    ['policy widened', isGranted && widens(requestParameters)],
    ['key created', isGranted && eventName === 'CreateAccessKey'],
    ['unusual address', isForeign],
    ['secret guessed', eventName === 'Authenticate'],
  ]
  const reasons = found.filter(([, isSo]) => isSo).map(([reason]) => reason)
  if (reasons.length === 0) return null
  const isHigh = reasons.some(reason => reason === 'root login' || reason === 'policy widened')
  return {
    severity: isHigh || reasons.length > 1 ? 'high' : 'medium',
    call: id,
    account: userIdentity?.accountId ?? '',
    who: userIdentity?.userName ?? userIdentity?.type ?? 'unknown',
    what: `${eventName} ${subject}`,
    reasons,
  }
}

const wide = new Set(['AdministratorAccess', 'AliyunRAMFullAccess'])

/** Whether somebody gets everything: by a policy that says so, or by being given one of the system's. */
function widens(parameters: Readonly<Record<string, unknown>>): boolean {
  const given = parameters['policies'] ?? [parameters['PolicyName']]
  if (Array.isArray(given) && given.some(name => wide.has(String(name)))) return true
  const document = parameters['document'] ?? parameters['PolicyDocument']
  const policy = (typeof document === 'string' ? JSON.parse(document) : document) as Policy | undefined
  return [policy?.Statement ?? []]
    .flat()
    .some(({ Effect, Action, Resource }) => Effect === 'Allow' && hasAll(Action) && hasAll(Resource))
}

interface Policy {
  readonly Statement: Statement | readonly Statement[]
}
interface Statement {
  readonly Effect: string
  readonly Action?: string | readonly string[]
  readonly Resource?: string | readonly string[]
}

function hasAll(names: string | readonly string[] = []): boolean {
  return [names].flat().includes('*')
}

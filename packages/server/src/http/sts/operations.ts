import { actorArn } from '../../auth/index.ts'
import { assumeRole } from '../assume-role.ts'
import { roleId, userId } from '../principal-ids.ts'
import { RpcRefusal, type RpcRequest } from '../rpc-service.ts'
import type { Services } from '../services.ts'

export type Parameters = ReadonlyMap<string, string>
export type Operation = (services: Services, request: RpcRequest, input: Parameters) => object

/** By name (identity section 4). */
export const operations: ReadonlyMap<string, Operation> = new Map([
  ['AssumeRole', assume],
  ['GetCallerIdentity', identify],
])

function assume(services: Services, { principal, raw }: RpcRequest, input: Parameters): object {
  const [, account = '', role = ''] =
    /^acs:ram:[^:]*:(\d{1,20}):role\/([A-Za-z0-9][\w.-]{0,126})$/.exec(input.get('RoleArn') ?? '') ?? []
  if (role === '') throw new RpcRefusal('InvalidParameter.RoleArn', 'RoleArn is not the ARN of a role.')
  const session = input.get('RoleSessionName') ?? ''
  if (!/^[A-Za-z0-9.@_-]{2,64}$/.test(session)) {
    throw new RpcRefusal(
      'InvalidParameter.RoleSessionName',
      'RoleSessionName has 2 to 64 letters, digits, ".", "@", "-", "_".',
    )
  }
  const externalId = input.get('ExternalId')
  if (externalId !== undefined && !/^[\w+=,.@:/-]{2,1224}$/.test(externalId)) {
    throw new RpcRefusal('InvalidParameter', 'ExternalId has 2 to 1224 letters, digits and "_+=,.@:/-".')
  }
  const seconds = input.get('DurationSeconds')
  const durationSeconds = seconds === undefined ? undefined : Number(seconds)
  if (durationSeconds !== undefined && !Number.isInteger(durationSeconds)) {
    throw new RpcRefusal('InvalidParameter.DurationSeconds', 'DurationSeconds is a whole number.')
  }
  const policy = input.get('Policy')
  const made = assumeRole(
    services,
    principal,
    { account, role, session, durationSeconds, policy, externalId },
    raw,
  )
  return {
    Credentials: {
      AccessKeyId: made.accessKeyId,
      AccessKeySecret: made.accessKeySecret,
      SecurityToken: made.securityToken,
      Expiration: new Date(made.expiresAtMs).toISOString().replace(/\.\d{3}/, ''),
    },
    AssumedRoleUser: {
      Arn: `acs:ram::${account}:role/${role}/${session}`,
      AssumedRoleId: `${roleId(services.resources.snapshots.current(), account, role)}:${session}`,
    },
  }
}

/** Needs no permission (identity section 2.4). */
function identify(services: Services, { principal: { account, actor } }: RpcRequest): object {
  const Arn = actorArn(account, actor)
  switch (actor.kind) {
    case 'root':
      return { IdentityType: 'Account', AccountId: account, UserId: account, PrincipalId: account, Arn }
    case 'user': {
      const UserId = userId(services.resources.snapshots.current(), account, actor.name)
      return { IdentityType: 'RAMUser', AccountId: account, UserId, PrincipalId: UserId, Arn }
    }
    case 'session': {
      const RoleId = roleId(services.resources.snapshots.current(), account, actor.role)
      const PrincipalId = `${RoleId}:${actor.session}`
      return { IdentityType: 'AssumedRoleUser', AccountId: account, RoleId, PrincipalId, Arn }
    }
  }
}

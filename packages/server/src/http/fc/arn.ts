import type { Services } from '../services.ts'
import { invalidArgument } from './refusal.ts'

/** Whose resources are named, and where. */
export interface Owner {
  readonly region: string
  readonly account: string
}

export function ownerOf({ node }: Services, account: string): Owner {
  return { region: node.region, account }
}

/** Names of resources (function-compute section 11.5). */
export function functionArn({ region, account }: Owner, name: string): string {
  return `acs:fc:${region}:${account}:functions/${name}`
}

export function layerArn({ region, account }: Owner, layer: string, version: number): string {
  return `acs:fc:${region}:${account}:layers/${layer}/versions/${version}`
}

/**
 * `name:version`, as functions here name layers, from an ARN or from its compact form `hash#name#version`. The region
 * and the account are not looked at: there is one of each.
 */
export function layerOfArn(arn: string): string {
  const [, name, version] =
    /(?:^|:)layers\/([\w.-]{1,128})\/versions\/(\d{1,9})$/.exec(arn) ??
    /^[^#]*#([\w.-]{1,128})#(\d{1,9})$/.exec(arn) ??
    []
  if (name === undefined || version === undefined) {
    throw invalidArgument(`'${arn.slice(0, 300)}' is not the ARN of a layer version`)
  }
  return `${name}:${version}`
}

/** What an ARN of a function names; also a bare name. `service` for those of the older generation. */
export function functionOfArn(arn: string): { service?: string; name: string; qualifier?: string } {
  const slashed = arn.replace(/^(acs:fc:[^:/]*:[^:/]*)\//, '$1:')
  const old = /^acs:fc:[^:]*:[^:]*:services\/([^/.]+)(?:\.([^/]+))?\/functions\/([^/]+)$/.exec(slashed)
  if (old !== null) {
    const [, service = '', qualifier, name = ''] = old
    return { service, name, ...(qualifier === undefined ? {} : { qualifier }) }
  }
  const [, name, qualifier] =
    /^(?:acs:fc:[^:]*:[^:]*:functions\/)?([\w.$-]+)(?:\/([\w-]+))?$/.exec(slashed) ?? []
  if (name === undefined) throw invalidArgument(`'${arn.slice(0, 300)}' is not the ARN of a function`)
  return { name: functionName(name), ...(qualifier === undefined ? {} : { qualifier }) }
}

/** Functions of services are `service.function` here; clients also write `service$function`. */
export function functionName(name: string): string {
  return name.replace('$', '.')
}

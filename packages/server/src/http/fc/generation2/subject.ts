import { latestVersion } from '../../../resources/index.ts'
import { ownerOf } from '../arn.ts'
import { type Call, queryOf } from '../call.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument } from '../refusal.ts'
import type { Subject } from '../subject.ts'
import { nameInService, type ServiceBook } from './service-book.ts'

/** The service that a path names, and the qualifier that stands behind its name or, in the later version, in the query. */
export function serviceOf(call: Call): { service: string; qualifier: string } {
  const segment = call.params['service'] ?? ''
  const dot = segment.indexOf('.')
  const service = dot < 0 ? segment : segment.slice(0, dot)
  if (!/^[\w-]{1,128}$/.test(service))
    throw invalidArgument('the name of a service has letters, digits, _ and -')
  const qualifier = dot < 0 ? queryOf(call, 'qualifier') : segment.slice(dot + 1)
  return { service, qualifier: qualifier === undefined || qualifier === '' ? latestVersion : qualifier }
}

/** A function of a service, and which form of it. */
export interface ServiceSubject extends Subject {
  readonly service: string
  /** Without the service's. */
  readonly shortName: string
}

export type ServiceSubjectOf = (call: Call) => Promise<ServiceSubject>

export function serviceSubject({ services }: FcParts, book: ServiceBook): ServiceSubjectOf {
  return async call => {
    const { account } = call
    const { service, qualifier: shownQualifier } = serviceOf(call)
    const shortName = call.params['function'] ?? ''
    await book.check(account, service)
    const name = nameInService(service, shortName)
    // What is missing is the function, whatever the qualifier.
    if (shownQualifier !== latestVersion) services.resources.functions.get(account, name)
    const { region } = ownerOf(services, account)
    return {
      account,
      name,
      service,
      shortName,
      shownQualifier,
      ...(await book.resolve(account, service, shortName, shownQualifier)),
      arn: `acs:fc:${region}:${account}:services/${service}.${shownQualifier}/functions/${shortName}`,
    }
  }
}

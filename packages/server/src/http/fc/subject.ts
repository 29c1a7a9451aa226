import { latestVersion } from '../../resources/index.ts'
import type { Services } from '../services.ts'
import { functionArn, functionName, ownerOf } from './arn.ts'
import { type Call, queryOf } from './call.ts'

/** The function that a call is about, and which form of it. */
export interface Subject {
  readonly account: string
  /** Its name here. */
  readonly name: string
  /** `LATEST`, a version or an alias of the function here. */
  readonly qualifier: string
  /** As the client calls it: the number of a service's version is not that of the function's. */
  readonly shownQualifier: string
  readonly arn: string
  /** What a version of the function that ran is called, where it is not called by its own number. */
  readonly shownVersions?: ReadonlyMap<string, string>
}

/** The generations of the interface differ in how they name functions. */
export type SubjectOf = (call: Call) => Subject | Promise<Subject>

/** Functions of the third generation stand by themselves; the qualifier is a parameter of the query. */
export function plainSubject(services: Services): SubjectOf {
  return call => {
    const name = functionName(call.params['function'] ?? '')
    const qualifier = queryOf(call, 'qualifier') ?? latestVersion
    return {
      account: call.account,
      name,
      qualifier,
      shownQualifier: qualifier,
      arn: functionArn(ownerOf(services, call.account), name),
    }
  }
}

export { deadLetterForms, deadLetterSink } from './dead-letter.ts'
export type { Destination, MappingContext } from './destination.ts'
export { type MemberCodes, Members, parametersOf, targetCodes } from './members.ts'
export { sinkMapping, sourceMapping, targetMapping } from './tables.ts'

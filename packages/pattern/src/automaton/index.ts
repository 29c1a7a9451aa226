export { Automaton } from './automaton.ts'
export type { RuleEntry } from './conjunction.ts'

export type { Difference } from './difference.ts'
export { type PlannedItem, planWiring } from './plan.ts'
export { digestOf, wantedSpec } from './wanted.ts'

export { checkScaling } from './policies.ts'
export * from './scaler.ts'

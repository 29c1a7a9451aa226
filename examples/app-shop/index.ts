export { account } from './account.ts'
export { burst, fatesOf } from './burst.ts'
export { Gateway } from './gateway.ts'
export { realStore } from './real.ts'
